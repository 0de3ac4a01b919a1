// gitops-health says what GitOps tools make of objects: Flux, by the very library that it asks (kstatus), and Argo CD, by the
// interpreter that it runs health checks with, on the check that Capstan ships.
//
//	gitops-health CONFIGMAP < objects
//
// CONFIGMAP is a file with a ConfigMap for Argo CD's own (argocd-cm). Objects are YAML or JSON documents. Each is answered, in its
// order, with a line of JSON: {"name": ..., "kstatus": "InProgress", "argo": "Progressing", "message": ...}, where message is Argo CD's.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	lua "github.com/yuin/gopher-lua"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/cli-utils/pkg/kstatus/status"
)

// The words that Argo CD takes from a check; any other is an error there.
var healths = []string{"Healthy", "Progressing", "Degraded", "Suspended", "Missing", "Unknown"}

type verdict struct {
	Name    string `json:"name"`
	Kstatus string `json:"kstatus"`
	Argo    string `json:"argo"`
	Message string `json:"message"`
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "gitops-health:", err)
		os.Exit(1)
	}
}

func run() error {
	if len(os.Args) != 2 {
		return errors.New("usage: gitops-health CONFIGMAP < objects")
	}
	checks, err := readChecks(os.Args[1])
	if err != nil {
		return err
	}
	out := json.NewEncoder(os.Stdout)
	documents := yaml.NewYAMLOrJSONDecoder(os.Stdin, 4096)
	for {
		object, err := next(documents)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		answer, err := judge(object, checks)
		if err != nil {
			return fmt.Errorf("%s %s: %w", object.GetKind(), object.GetName(), err)
		}
		if err := out.Encode(answer); err != nil {
			return err
		}
	}
}

func readChecks(file string) (map[string]string, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var configMap struct {
		Data map[string]string `json:"data"`
	}
	if err := yaml.Unmarshal(text, &configMap); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return configMap.Data, nil
}

// next reads whole numbers as int64, as the API's clients do.
func next(documents *yaml.YAMLOrJSONDecoder) (*unstructured.Unstructured, error) {
	var raw runtime.RawExtension
	if err := documents.Decode(&raw); err != nil {
		return nil, err
	}
	object := &unstructured.Unstructured{}
	return object, object.UnmarshalJSON(raw.Raw)
}

func judge(object *unstructured.Unstructured, checks map[string]string) (verdict, error) {
	answer := verdict{Name: object.GetName()}
	flux, err := status.Compute(object)
	if err != nil {
		return answer, err
	}
	answer.Kstatus = flux.Status.String()
	kind := object.GroupVersionKind()
	key := fmt.Sprintf("resource.customizations.health.%s_%s", kind.Group, kind.Kind)
	check, found := checks[key]
	if !found {
		return answer, fmt.Errorf("the ConfigMap has no %s", key)
	}
	answer.Argo, answer.Message, err = argo(object, check)
	return answer, err
}

// argo runs a health check with no more libraries than Argo CD opens for it, and in the time that it gives: a second.
func argo(object *unstructured.Unstructured, check string) (string, string, error) {
	state := lua.NewState(lua.Options{SkipOpenLibs: true})
	defer state.Close()
	for name, open := range map[string]lua.LGFunction{lua.BaseLibName: lua.OpenBase, lua.TabLibName: lua.OpenTable} {
		if err := state.CallByParam(lua.P{Fn: state.NewFunction(open), Protect: true}, lua.LString(name)); err != nil {
			return "", "", err
		}
	}
	patience, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	state.SetContext(patience)
	state.SetGlobal("obj", value(state, object.Object))
	if err := state.DoString(check); err != nil {
		return "", "", err
	}
	answer, isTable := state.Get(-1).(*lua.LTable)
	if !isTable {
		return "", "", fmt.Errorf("the check returned no table but a %s", state.Get(-1).Type())
	}
	health := lua.LVAsString(answer.RawGetString("status"))
	if !slices.Contains(healths, health) {
		return "", "", fmt.Errorf("the check returned a status that Argo CD doesn't know: %q", health)
	}
	return health, lua.LVAsString(answer.RawGetString("message")), nil
}

func value(state *lua.LState, from any) lua.LValue {
	switch from := from.(type) {
	case string:
		return lua.LString(from)
	case bool:
		return lua.LBool(from)
	case int64:
		return lua.LNumber(from)
	case float64:
		return lua.LNumber(from)
	case []any:
		list := state.NewTable()
		for _, item := range from {
			list.Append(value(state, item))
		}
		return list
	case map[string]any:
		table := state.NewTable()
		for key, item := range from {
			table.RawSetString(key, value(state, item))
		}
		return table
	default:
		return lua.LNil
	}
}
