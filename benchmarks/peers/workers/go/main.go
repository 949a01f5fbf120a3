// Rivals in Go: `worker cedar CASE` and `worker opa CASE`; see loop.py for the protocol.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"syscall"
	"time"
)

// Case is what the worker is given.
type Case struct {
	Documents  map[string]Document
	Principals map[string][]int
	Requests   [][]json.RawMessage
	Cedar      struct {
		Policies map[string]string
		Entities json.RawMessage
		Requests [][]json.RawMessage
	}
}

// Document is a policy.
type Document struct{ Statement []map[string]any }

// Call decides one request that was prepared.
type Call func() (int, error)

// Loader makes everything ready, and returns what writes the requests.
type Loader func(*Case) (func() ([]Call, error), error)

type question struct {
	Do                                string
	Stride, Part, Parts, Laps, Passes int
}

func usage() (int64, int64) {
	var own syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &own)
	return own.Utime.Nano() + own.Stime.Nano(), own.Nivcsw
}

func heapBytes() int64 {
	runtime.GC()
	var own runtime.MemStats
	runtime.ReadMemStats(&own)
	return int64(own.HeapAlloc)
}

func median(values []int64) float64 {
	slices.Sort(values)
	half := len(values) / 2
	if len(values)%2 == 1 {
		return float64(values[half])
	}
	return float64(values[half-1]+values[half]) / 2
}

func load(loader Loader, own *Case) ([]Call, map[string]any, error) {
	memory := heapBytes()
	processor, _ := usage()
	wall := time.Now()
	makeCalls, err := loader(own)
	if err != nil {
		return nil, nil, err
	}
	took := time.Since(wall).Nanoseconds()
	now, _ := usage()
	held := max(0, heapBytes()-memory)
	calls, err := makeCalls()
	if err != nil {
		return nil, nil, err
	}
	shape := map[string]any{"single": map[string]any{"requests": len(calls), "batch": false, "whole": false}}
	return calls, map[string]any{"wall_ns": took, "cpu_ns": now - processor, "memory_bytes": held, "modes": shape}, nil
}

func timeLaps(calls []Call, laps int) map[string]any {
	processor, lost := usage()
	wall := time.Now()
	for range laps {
		for _, call := range calls {
			_, _ = call()
		}
	}
	took := time.Since(wall).Nanoseconds()
	processorNow, lostNow := usage()
	return map[string]any{"wall_ns": took, "cpu_ns": processorNow - processor, "interruptions": lostNow - lost}
}

func timeEach(calls []Call, passes int) map[string]any {
	idle := make([]int64, 1000)
	for n := range idle {
		idle[n] = time.Since(time.Now()).Nanoseconds()
	}
	rows := make([][]int64, len(calls))
	for range passes {
		for n, call := range calls {
			begin := time.Now()
			_, _ = call()
			rows[n] = append(rows[n], time.Since(begin).Nanoseconds())
		}
	}
	off := median(idle)
	each := make([]float64, len(rows))
	for n, row := range rows {
		each[n] = max(0, median(row)-off)
	}
	return map[string]any{"ns": each}
}

func answer(asked question, all []Call) map[string]any {
	calls := make([]Call, 0, len(all))
	for n := 0; n < len(all); n += max(1, asked.Stride) {
		calls = append(calls, all[n])
	}
	switch asked.Do {
	case "decide":
		decisions := make([]any, len(calls))
		for n, call := range calls {
			decision, err := call()
			decisions[n] = decision
			if err != nil {
				decisions[n] = "no answer: " + err.Error()
			}
		}
		return map[string]any{"decisions": decisions}
	case "time":
		part := make([]Call, 0, len(calls))
		for n := asked.Part; n < len(calls); n += max(1, asked.Parts) {
			part = append(part, calls[n])
		}
		return timeLaps(part, asked.Laps)
	}
	return timeEach(calls, asked.Passes)
}

func versions() map[string]string {
	found := map[string]string{"go": runtime.Version()}
	if build, ok := debug.ReadBuildInfo(); ok {
		for _, module := range build.Deps {
			if module.Path == "github.com/cedar-policy/cedar-go" || module.Path == "github.com/open-policy-agent/opa" {
				found[module.Path] = module.Version
			}
		}
	}
	return found
}

func main() {
	loader := map[string]Loader{"cedar": loadCedar, "opa": loadOPA}[os.Args[1]]
	text, err := os.ReadFile(os.Args[2])
	var own Case
	if err == nil {
		err = json.Unmarshal(text, &own)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	out := json.NewEncoder(os.Stdout)
	_ = out.Encode(map[string]any{"ready": versions()})
	lines := bufio.NewScanner(os.Stdin)
	var calls []Call
	for lines.Scan() {
		var asked question
		var result map[string]any
		err := json.Unmarshal(lines.Bytes(), &asked)
		if err == nil && asked.Do == "load" {
			calls, result, err = load(loader, &own)
		} else if err == nil {
			result = answer(asked, calls)
		}
		if err != nil {
			result = map[string]any{"error": err.Error()}
		}
		_ = out.Encode(result)
	}
}
