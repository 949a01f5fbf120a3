import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import io.sapl.api.pdp.AuthorizationSubscription;
import io.sapl.api.pdp.Decision;
import io.sapl.api.pdp.PolicyDecisionPoint;
import io.sapl.interpreter.combinators.PolicyDocumentCombiningAlgorithm;
import io.sapl.pdp.PolicyDecisionPointFactory;

/**
 * SAPL in Java; see loop.py for the protocol. A decision point in memory for each principal, a policy for each of its
 * statements, deny overrides. Action and resource stand in the target expression, as its manual tells, conditions in the body;
 * addresses and dates are numbers.
 */
public final class Worker {
    private record Call(PolicyDecisionPoint point, AuthorizationSubscription subscription) {
        Decision decide() {
            return point.decide(subscription).blockFirst().getDecision();
        }
    }

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final long WARM_UP_NS = 3_000_000_000L;
    private static final Map<String, String> NAMES = Map.of("aws:SourceIp", "address", "aws:CurrentTime", "time",
            "aws:SecureTransport", "transport", "aws:UserAgent", "agent", "aws:PrincipalTag/Team", "team",
            "aws:ResourceTag/Env", "environment");

    public static void main(String[] arguments) throws Exception {
        PrintStream out = System.out;
        System.setOut(System.err);
        JsonNode own = JSON.readTree(Files.readString(Path.of(arguments[arguments.length - 1])));
        String version = PolicyDecisionPointFactory.class.getPackage().getImplementationVersion();
        ObjectNode ready = JSON.createObjectNode();
        ready.putObject("ready").put("java", System.getProperty("java.version")).put("sapl", version == null ? "3.0.0" : version);
        out.println(ready);
        out.flush();
        List<Call> calls = List.of();
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            JsonNode question = JSON.readTree(line);
            ObjectNode result = JSON.createObjectNode();
            try {
                if (question.path("do").asText().equals("load")) {
                    calls = load(own, result);
                } else {
                    answer(question, calls, result);
                }
            } catch (Exception error) {
                result.removeAll().put("error", error.toString());
            }
            out.println(result);
            out.flush();
        }
        System.exit(0);
    }

    private static List<Call> load(JsonNode own, ObjectNode result) throws Exception {
        long memory = heapBytes();
        long processor = processorTime();
        long wall = System.nanoTime();
        Map<String, List<String>> texts = new HashMap<>();
        for (var document : own.get("documents").properties()) {
            List<String> policies = new ArrayList<>();
            for (JsonNode statement : document.getValue().get("Statement")) {
                policies.add(translate(document.getKey() + "." + policies.size(), statement));
            }
            texts.put(document.getKey(), policies);
        }
        Map<String, PolicyDecisionPoint> points = new HashMap<>();
        for (var principal : own.get("principals").properties()) {
            List<String> policies = new ArrayList<>();
            for (JsonNode number : principal.getValue()) {
                policies.addAll(texts.get(number.asText()));
            }
            points.put(principal.getKey(), PolicyDecisionPointFactory.fixedInRamPolicyDecisionPoint(policies,
                    PolicyDocumentCombiningAlgorithm.DENY_OVERRIDES, Map.of()));
        }
        result.put("wall_ns", System.nanoTime() - wall).put("cpu_ns", processorTime() - processor);
        result.put("memory_bytes", Math.max(0, heapBytes() - memory));
        List<Call> calls = new ArrayList<>();
        for (JsonNode request : own.get("requests")) {
            ObjectNode context = JSON.createObjectNode();
            for (var entry : request.get(3).properties()) {
                String text = entry.getValue().asText();
                switch (entry.getKey()) {
                    case "aws:SourceIp" -> context.put("address", addressOf(text));
                    case "aws:CurrentTime" -> context.put("time", secondsOf(text));
                    default -> context.put(NAMES.get(entry.getKey()), text);
                }
            }
            calls.add(new Call(points.get(request.get(0).asText()), AuthorizationSubscription.of(
                    request.get(0), request.get(1), request.get(2), context)));
        }
        long end = System.nanoTime() + WARM_UP_NS;
        for (int n = 0; System.nanoTime() < end; n++) {
            calls.get(n % calls.size()).decide();
        }
        result.putObject("modes").putObject("single").put("requests", calls.size()).put("batch", false).put("whole", false);
        return calls;
    }

    private static void answer(JsonNode question, List<Call> all, ObjectNode result) {
        List<Call> calls = every(all, 0, question.get("stride").asInt());
        switch (question.get("do").asText()) {
            case "decide" -> {
                ArrayNode decisions = result.putArray("decisions");
                for (Call call : calls) {
                    switch (call.decide()) {
                        case PERMIT -> decisions.add(1);
                        case DENY -> decisions.add(2);
                        case NOT_APPLICABLE -> decisions.add(0);
                        default -> decisions.add("no answer: INDETERMINATE");
                    }
                }
            }
            case "time" -> {
                List<Call> part = every(calls, question.get("part").asInt(), question.get("parts").asInt());
                long processor = processorTime();
                long wall = System.nanoTime();
                for (int lap = question.get("laps").asInt(); lap > 0; lap--) {
                    part.forEach(Call::decide);
                }
                result.put("wall_ns", System.nanoTime() - wall).put("cpu_ns", processorTime() - processor);
                result.put("interruptions", 0);
            }
            default -> {
                int passes = question.get("passes").asInt();
                long[][] rows = new long[calls.size()][passes];
                for (int pass = 0; pass < passes; pass++) {
                    for (int n = 0; n < rows.length; n++) {
                        long begin = System.nanoTime();
                        calls.get(n).decide();
                        rows[n][pass] = System.nanoTime() - begin;
                    }
                }
                ArrayNode each = result.putArray("ns");
                for (long[] row : rows) {
                    Arrays.sort(row);
                    each.add((row[(passes - 1) / 2] + row[passes / 2]) / 2.0);
                }
            }
        }
    }

    private static List<Call> every(List<Call> calls, int first, int step) {
        List<Call> chosen = new ArrayList<>();
        for (int n = first; n < calls.size(); n += Math.max(1, step)) {
            chosen.add(calls.get(n));
        }
        return chosen;
    }

    private static String translate(String name, JsonNode statement) throws Exception {
        List<String> target = new ArrayList<>();
        target.add(anyOf(texts(statement.get("Action")).stream().map(glob -> isGlob(glob)
                ? "action =~ " + quote("(?i)" + patternOf(glob)) : "action == " + quote(glob)).toList(), "|"));
        List<String> resources = texts(statement.get("Resource"));
        if (!resources.contains("*")) {
            target.add(anyOf(resources.stream().map(glob -> "resource =~ " + quote(patternOf(glob))).toList(), "|"));
        }
        StringBuilder body = new StringBuilder();
        for (var operator : statement.path("Condition").properties()) {
            for (var key : operator.getValue().properties()) {
                String value = "environment." + NAMES.get(key.getKey());
                List<String> tests = new ArrayList<>();
                for (String wanted : texts(key.getValue())) {
                    tests.add(translateTest(operator.getKey(), value, wanted));
                }
                body.append("  ").append(value).append(" != undefined;\n  ").append(anyOf(tests, "||")).append(";\n");
            }
        }
        String effect = statement.get("Effect").asText().equals("Allow") ? "permit" : "deny";
        String where = body.isEmpty() ? "" : "where\n" + body;
        return "policy " + quote(name) + "\n" + effect + " " + String.join(" & ", target) + "\n" + where;
    }

    private static String translateTest(String operator, String value, String wanted) {
        switch (operator) {
            case "IpAddress": {
                String[] parts = wanted.split("/");
                long first = addressOf(parts[0]);
                long last = first + (1L << (32 - Integer.parseInt(parts[1]))) - 1;
                return "(" + value + " >= " + first + " && " + value + " <= " + last + ")";
            }
            case "DateGreaterThan":
                return value + " > " + secondsOf(wanted);
            case "DateLessThan":
                return value + " < " + secondsOf(wanted);
            case "StringLike":
                return value + " =~ " + quote(patternOf(wanted));
            case "StringEquals", "Bool":
                return value + " == " + quote(wanted);
            default:
                throw new IllegalArgumentException("unknown operator `" + operator + "`");
        }
    }

    private static List<String> texts(JsonNode value) {
        List<String> found = new ArrayList<>();
        if (value.isArray()) {
            value.forEach(one -> found.add(one.asText()));
        } else {
            found.add(value.asText());
        }
        return found;
    }

    private static boolean isGlob(String text) {
        return text.contains("*") || text.contains("?");
    }

    private static String patternOf(String glob) {
        return glob.chars().mapToObj(c -> c == '*' ? ".*" : c == '?' ? "." : Character.isLetterOrDigit(c) ? "" + (char) c
                : "[" + (char) c + "]").collect(Collectors.joining());
    }

    private static String anyOf(List<String> tests, String or) {
        return "(" + String.join(" " + or + " ", tests) + ")";
    }

    private static String quote(String text) throws IllegalArgumentException {
        return "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
    }

    private static long addressOf(String text) {
        long number = 0;
        for (String part : text.split("\\.")) {
            number = number << 8 | Integer.parseInt(part);
        }
        return number;
    }

    private static long secondsOf(String text) {
        return java.time.Instant.parse(text).getEpochSecond();
    }

    private static long heapBytes() {
        System.gc();
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }

    private static long processorTime() {
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }
}
