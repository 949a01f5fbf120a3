package main

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net/netip"
	"regexp"
	"strconv"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
)

// The statements of a principal are an array in the data.  OPA's manual tells to iterate over as little as possible: exact
// actions are the keys of an object, patterns one regular expression, addresses numbers, and dates are compared as texts.
const module = `package iam

default decision := 0

decision := 2 if {
	some statement in data.own[input.principal]
	statement.deny
	applies(statement)
} else := 1 if {
	some statement in data.own[input.principal]
	not statement.deny
	applies(statement)
}

applies(statement) if {
	has_action(statement)
	has_resource(statement)
	every test in statement.tests { holds(test) }
}

has_action(statement) if statement.actions[input.action]
has_action(statement) if regex.match(statement.action_pattern, input.action)

has_resource(statement) if statement.everywhere
has_resource(statement) if regex.match(statement.resource_pattern, input.resource)

holds(test) if {
	test.kind == "address"
	some network in test.networks
	input.address >= network[0]
	input.address <= network[1]
}
holds(test) if { test.kind == "after"; input.context[test.key] > test.bound }
holds(test) if { test.kind == "before"; input.context[test.key] < test.bound }
holds(test) if { test.kind == "among"; test.values[input.context[test.key]] }
holds(test) if { test.kind == "like"; regex.match(test.pattern, input.context[test.key]) }
`

func asList(value any) []string {
	if text, ok := value.(string); ok {
		return []string{text}
	}
	texts := []string{}
	if values, ok := value.([]any); ok {
		for _, one := range values {
			texts = append(texts, fmt.Sprint(one))
		}
	}
	return texts
}

func patternOf(globs []string) string {
	parts := make([]string, len(globs))
	for n, glob := range globs {
		quoted := regexp.QuoteMeta(glob)
		parts[n] = strings.NewReplacer(`\*`, `.*`, `\?`, `.`).Replace(quoted)
	}
	return "^(?:" + strings.Join(parts, "|") + ")$"
}

func addressOf(address netip.Addr) int64 {
	four := address.As4()
	return int64(binary.BigEndian.Uint32(four[:]))
}

func translateTest(operator, key string, values []string) (map[string]any, error) {
	switch operator {
	case "IpAddress":
		networks := []any{}
		for _, text := range values {
			network, err := netip.ParsePrefix(text)
			if err != nil {
				return nil, err
			}
			first := addressOf(network.Masked().Addr())
			networks = append(networks, []any{first, first + int64(1)<<(32-network.Bits()) - 1})
		}
		return map[string]any{"kind": "address", "networks": networks}, nil
	case "DateGreaterThan", "DateLessThan":
		kind := map[string]string{"DateGreaterThan": "after", "DateLessThan": "before"}[operator]
		return map[string]any{"kind": kind, "key": key, "bound": values[0]}, nil
	case "StringLike":
		return map[string]any{"kind": "like", "key": key, "pattern": patternOf(values)}, nil
	case "StringEquals", "Bool":
		among := map[string]any{}
		for _, value := range values {
			among[value] = true
		}
		return map[string]any{"kind": "among", "key": key, "values": among}, nil
	}
	return nil, fmt.Errorf("unknown operator `%s`", operator)
}

func translateStatement(statement map[string]any) (map[string]any, error) {
	exact, globs := map[string]any{}, []string{}
	for _, action := range asList(statement["Action"]) {
		if strings.ContainsAny(action, "*?") {
			globs = append(globs, action)
		} else {
			exact[action] = true
		}
	}
	own := map[string]any{"deny": statement["Effect"] == "Deny", "actions": exact}
	if len(globs) > 0 {
		own["action_pattern"] = "(?i)" + patternOf(globs)
	}
	resources := asList(statement["Resource"])
	own["everywhere"] = false
	for _, resource := range resources {
		if resource == "*" {
			own["everywhere"] = true
		}
	}
	own["resource_pattern"] = patternOf(resources)
	tests := []any{}
	conditions, _ := statement["Condition"].(map[string]any)
	for operator, keys := range conditions {
		for key, values := range keys.(map[string]any) {
			test, err := translateTest(operator, key, asList(values))
			if err != nil {
				return nil, err
			}
			tests = append(tests, test)
		}
	}
	own["tests"] = tests
	return own, nil
}

func loadOPA(own *Case) (func() ([]Call, error), error) {
	statementsOf := map[string][]any{}
	for number, document := range own.Documents {
		for _, statement := range document.Statement {
			translated, err := translateStatement(statement)
			if err != nil {
				return nil, err
			}
			statementsOf[number] = append(statementsOf[number], translated)
		}
	}
	data := map[string]any{}
	for principal, numbers := range own.Principals {
		statements := []any{}
		for _, number := range numbers {
			statements = append(statements, statementsOf[strconv.Itoa(number)]...)
		}
		data[principal] = statements
	}
	store := inmem.NewFromObjectWithOpts(map[string]any{"own": data}, inmem.OptReturnASTValuesOnRead(true))
	background := context.Background()
	query, err := rego.New(rego.Query("data.iam.decision"), rego.Module("iam.rego", module), rego.Store(store)).PrepareForEval(background)
	if err != nil {
		return nil, err
	}
	return func() ([]Call, error) {
		calls := make([]Call, 0, len(own.Requests))
		for _, parts := range own.Requests {
			var principal, action, resource string
			var keys map[string]string
			for n, target := range []any{&principal, &action, &resource, &keys} {
				if err := json.Unmarshal(parts[n], target); err != nil {
					return nil, err
				}
			}
			address, err := netip.ParseAddr(keys["aws:SourceIp"])
			if err != nil {
				return nil, err
			}
			input, err := ast.InterfaceToValue(map[string]any{
				"principal": principal, "action": action, "resource": resource, "context": keys, "address": addressOf(address),
			})
			if err != nil {
				return nil, err
			}
			parsed := rego.EvalParsedInput(input)
			calls = append(calls, func() (int, error) {
				results, err := query.Eval(background, parsed)
				if err != nil || len(results) == 0 {
					return 0, fmt.Errorf("no decision: %w", err)
				}
				number, _ := results[0].Expressions[0].Value.(json.Number).Int64()
				return int(number), nil
			})
		}
		return calls, nil
	}, nil
}
