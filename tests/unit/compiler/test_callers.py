"""The rows of callers: which entries of principal parts name a principal."""

from __future__ import annotations

from gatewright.compiler.callers import CallerRows, find_caller_rows
from gatewright.compiler.lower import Classifier
from gatewright.compiler.normalize import CALLER
from gatewright.compiler.policyset import Account, Principal, PrincipalKind
from gatewright.runtime.layout import Kind, View

ACCOUNT = "arn:aws:iam::111122223333"
CAROL = f"{ACCOUNT}:user/carol"
FEDERATED = "arn:aws:sts::111122223333:federated-user/fred"


def classify(*entries: str) -> Classifier:
    """Return a classifier of callers with a column and a row for each entry, in their order; row 0 is empty."""
    callers = Classifier(CALLER, Kind.TEXT, View.ONE)
    for entry in entries:
        callers.columns.append(((entry,),))
        callers.literals[entry] = callers.row(1 << len(callers.columns) - 1)
    return callers


def rows(callers: Classifier, principal: Principal, *accounts: Account) -> CallerRows:
    """Return the rows of one principal."""
    (found,) = find_caller_rows(callers, [principal], accounts)
    return found


def test_an_account_has_three_names() -> None:
    """Its number, its root user's ARN and its canonical user id name all its principals, in one row (R54, R61)."""
    callers = classify("111122223333", f"{ACCOUNT}:root", "CanonicalUser c0ffee", CAROL, "444455556666")
    user = Principal(CAROL, PrincipalKind.USER, ())
    found = rows(callers, user, Account("111122223333", "c0ffee"), Account("444455556666"))
    assert callers.rows[found.account] == 0b00111
    assert callers.rows[found.own] == 0b01000
    assert found.federating is None
    other = Principal("arn:aws:iam::444455556666:user/carol", PrincipalKind.USER, ())
    found = rows(callers, other, Account("111122223333", "c0ffee"), Account("444455556666"))
    assert (callers.rows[found.account], found.own) == (0b10000, 0)


def test_an_account_without_canonical_user_has_two_names() -> None:
    """What is not known of an account names nobody, whatever an entry says."""
    callers = classify("CanonicalUser None", "CanonicalUser ", "111122223333")
    for accounts in ((), (Account("111122223333"),)):
        found = rows(callers, Principal(CAROL, PrincipalKind.USER, ()), *accounts)
        assert callers.rows[found.account] == 0b100


def test_a_federated_user_has_the_row_of_the_user_who_federated_it() -> None:
    """Entries for an IAM user reach whom it federated; a root user has those of the account (R64, R139)."""
    callers = classify(CAROL, FEDERATED, f"{ACCOUNT}:root")

    def federating(who: str | None) -> int | None:
        return rows(callers, Principal(FEDERATED, PrincipalKind.FEDERATED, (), federating_user=who)).federating

    assert federating(CAROL) == callers.literals[CAROL]
    assert federating(f"{ACCOUNT}:user/nobody") == 0
    assert federating(f"{ACCOUNT}:root") is None
    assert federating(None) is None
