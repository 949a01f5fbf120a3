package main

import (
	"encoding/json"

	"github.com/cedar-policy/cedar-go"
)

func loadCedar(own *Case) (func() ([]Call, error), error) {
	var entities cedar.EntityMap
	if err := json.Unmarshal(own.Cedar.Entities, &entities); err != nil {
		return nil, err
	}
	policies := make(map[string]*cedar.PolicySet)
	for principal, text := range own.Cedar.Policies {
		set, err := cedar.NewPolicySetFromBytes(principal, []byte(text))
		if err != nil {
			return nil, err
		}
		policies[principal] = set
	}
	return func() ([]Call, error) {
		calls := make([]Call, 0, len(own.Cedar.Requests))
		for _, pair := range own.Cedar.Requests {
			var principal string
			var asked struct {
				Principal, Action, Resource struct{ Type, Id string }
				Context                     cedar.Record
			}
			if err := json.Unmarshal(pair[0], &principal); err != nil {
				return nil, err
			}
			if err := json.Unmarshal(pair[1], &asked); err != nil {
				return nil, err
			}
			set := policies[principal]
			request := cedar.Request{
				Principal: cedar.NewEntityUID(cedar.EntityType(asked.Principal.Type), cedar.String(asked.Principal.Id)),
				Action:    cedar.NewEntityUID(cedar.EntityType(asked.Action.Type), cedar.String(asked.Action.Id)),
				Resource:  cedar.NewEntityUID(cedar.EntityType(asked.Resource.Type), cedar.String(asked.Resource.Id)),
				Context:   asked.Context,
			}
			calls = append(calls, func() (int, error) {
				decision, diagnostic := cedar.Authorize(set, entities, request)
				if decision == cedar.Allow {
					return 1, nil
				}
				if len(diagnostic.Reasons) > 0 {
					return 2, nil
				}
				return 0, nil
			})
		}
		return calls, nil
	}, nil
}
