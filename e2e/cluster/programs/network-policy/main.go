// kube-router's enforcer of network policies and nothing else of kube-router's, made cheap for a cluster whose pods come and go by the second.
//
// For each event kube-router runs some twenty programs on every node, about a second of a processor for each pod of a test. Here events are
// gathered for a moment, those that change no rule are passed over, and whether the few rules that never change are still there is asked now
// and then, instead of by fifteen programs each time.
package main

import (
	"flag"
	"log"
	"os"
	"os/signal"
	"reflect"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/cloudnativelabs/kube-router/v2/pkg/cmd"
	"github.com/cloudnativelabs/kube-router/v2/pkg/controllers/netpol"
	"github.com/cloudnativelabs/kube-router/v2/pkg/healthcheck"
	"github.com/cloudnativelabs/kube-router/v2/pkg/options"
	"github.com/cloudnativelabs/kube-router/v2/pkg/utils"
	"github.com/spf13/pflag"
	core "k8s.io/api/core/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/tools/cache"
	"k8s.io/klog/v2"
)

const (
	// A pod that is alone doesn't wait for others: a worker that takes a lost one's place has to reach the others soon.
	gather = 100 * time.Millisecond
	// Those that come one after the other, such as a gang's, share the rules that are written once in so long.
	atMost = time.Second
	// How old what is known of the rules that never change may be. Others, such as kube-proxy, put theirs before them when they start.
	believed = 10 * time.Second
)

func main() {
	klog.InitFlags(nil)
	config := options.NewKubeRouterConfig()
	config.AddFlags(pflag.CommandLine)
	pflag.Parse()
	check(flag.CommandLine.Parse(nil))
	check(flag.Set("logtostderr", "true"))

	router, err := cmd.NewKubeRouterDefault(config)
	check(err)
	config.MetricsEnabled = false
	stop := make(chan struct{})
	var running sync.WaitGroup
	health, err := healthcheck.NewHealthController(config)
	check(err)
	running.Add(1)
	go health.RunServer(stop, &running)

	factory := informers.NewSharedInformerFactory(router.Client, 0)
	pods := factory.Core().V1().Pods().Informer()
	namespaces := factory.Core().V1().Namespaces().Informer()
	policies := factory.Networking().V1().NetworkPolicies().Informer()
	factory.Start(stop)
	check(router.CacheSyncOrTimeout(factory, stop))
	health.SetAlive()
	heartbeats := make(chan *healthcheck.ControllerHeartbeat, 10)
	running.Add(1)
	go health.RunCheck(heartbeats, stop, &running)

	tables, sets, err := netpol.NewIPTablesHandlers(config)
	check(err)
	for family, handler := range tables {
		tables[family] = &remembering{IPTablesHandler: handler}
	}
	enforcer, err := netpol.NewNetworkPolicyController(router.Client, config, pods, policies, namespaces, &sync.Mutex{}, tables, sets)
	check(err)

	changed := make(chan struct{}, 1)
	change := func() {
		select {
		case changed <- struct{}{}:
		default:
		}
	}
	listen(pods, change, podChanges)
	listen(namespaces, change, func(old, new any) bool { return labelsDiffer(old.(*core.Namespace), new.(*core.Namespace)) })
	listen(policies, change, func(old, new any) bool { return true })
	go func() {
		for range changed {
			time.Sleep(gather)
			enforcer.RequestFullSync()
			time.Sleep(atMost - gather)
		}
	}()
	running.Add(1)
	go enforcer.Run(heartbeats, stop, &running)

	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	<-signals
	close(stop)
	running.Wait()
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func listen(informer cache.SharedIndexInformer, change func(), changes func(old, new any) bool) {
	_, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc: func(object any) {
			if pod, isPod := object.(*core.Pod); !isPod || hasRules(pod) {
				change()
			}
		},
		UpdateFunc: func(old, new any) {
			if changes(old, new) {
				change()
			}
		},
		DeleteFunc: func(object any) {
			// One of which the end was missed is no pod, and may have rules.
			if pod, isPod := object.(*core.Pod); !isPod || hasRules(pod) {
				change()
			}
		},
	})
	check(err)
}

// As kube-router has it: who has an address of his own, and hasn't ended.
func hasRules(pod *core.Pod) bool {
	return pod.Status.PodIP != "" && !pod.Spec.HostNetwork && pod.Status.Phase != core.PodSucceeded && pod.Status.Phase != core.PodFailed
}

func podChanges(before, after any) bool {
	old, new := before.(*core.Pod), after.(*core.Pod)
	return hasRules(old) != hasRules(new) ||
		hasRules(new) && (!reflect.DeepEqual(old.Status.PodIPs, new.Status.PodIPs) || old.Status.HostIP != new.Status.HostIP || labelsDiffer(old, new))
}

func labelsDiffer(old, new interface{ GetLabels() map[string]string }) bool {
	return !reflect.DeepEqual(old.GetLabels(), new.GetLabels())
}

// remembering answers what it has asked iptables a moment ago, unless it changed anything since. All calls are made by one sync at a time.
type remembering struct {
	utils.IPTablesHandler
	since  time.Time
	exist  map[string]bool
	listed map[string][]string
}

func (r *remembering) refresh() {
	if time.Since(r.since) > believed {
		r.forget()
	}
}

func (r *remembering) forget() {
	r.since, r.exist, r.listed = time.Now(), map[string]bool{}, map[string][]string{}
}

func (r *remembering) Exists(table, chain string, rule ...string) (bool, error) {
	return r.known(table+" "+chain+" "+strings.Join(rule, " "), func() (bool, error) { return r.IPTablesHandler.Exists(table, chain, rule...) })
}

func (r *remembering) ChainExists(table, chain string) (bool, error) {
	return r.known(table+" "+chain, func() (bool, error) { return r.IPTablesHandler.ChainExists(table, chain) })
}

func (r *remembering) known(what string, ask func() (bool, error)) (bool, error) {
	r.refresh()
	if r.exist[what] {
		return true, nil
	}
	exists, err := ask()
	r.exist[what] = exists && err == nil
	return exists, err
}

func (r *remembering) List(table, chain string) ([]string, error) {
	r.refresh()
	if rules := r.listed[table+" "+chain]; rules != nil {
		return rules, nil
	}
	rules, err := r.IPTablesHandler.List(table, chain)
	if err == nil {
		r.listed[table+" "+chain] = rules
	}
	return rules, err
}

func (r *remembering) Insert(table, chain string, position int, rule ...string) error {
	r.forget()
	return r.IPTablesHandler.Insert(table, chain, position, rule...)
}

func (r *remembering) Delete(table, chain string, rule ...string) error {
	r.forget()
	return r.IPTablesHandler.Delete(table, chain, rule...)
}

func (r *remembering) AppendUnique(table, chain string, rule ...string) error {
	if exists, err := r.Exists(table, chain, rule...); exists || err != nil {
		return err
	}
	r.forget()
	return r.IPTablesHandler.Append(table, chain, rule...)
}
