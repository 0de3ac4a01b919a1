// A kubelet device plugin for GPUs that aren't there: scheduling, quota and health can be tested on any machine.
//
// It advertises -count devices of -resource. A device is healthy unless the file -health has a line "INDEX Unhealthy".
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	api "k8s.io/kubelet/pkg/apis/deviceplugin/v1beta1"
)

// How soon a change of health, or a new kubelet, is noticed.
const poll = 250 * time.Millisecond

type plugin struct {
	api.UnimplementedDevicePluginServer
	resource string
	node     string
	count    int
	health   string
}

func main() {
	p := &plugin{node: os.Getenv("NODE_NAME")}
	flag.StringVar(&p.resource, "resource", "nvidia.com/gpu", "the extended resource")
	flag.IntVar(&p.count, "count", 4, "devices to advertise")
	flag.StringVar(&p.health, "health", "/var/lib/capstan/gpu-health", "the file that says which devices are unhealthy")
	folder := flag.String("kubelet", strings.TrimSuffix(api.DevicePluginPath, "/"), "the kubelet's folder of sockets")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	for ctx.Err() == nil {
		if err := p.serve(ctx, *folder); err != nil {
			log.Print(err)
			time.Sleep(time.Second)
		}
	}
}

// serve registers with the kubelet that listens now, and returns when there is another one: a restarted kubelet has forgotten its
// plugins and deleted their sockets.
func (p *plugin) serve(ctx context.Context, folder string) error {
	kubelet := filepath.Join(folder, filepath.Base(api.KubeletSocket))
	before, err := os.Stat(kubelet)
	if err != nil {
		return err
	}
	socket := filepath.Join(folder, "capstan-gpu.sock")
	_ = os.Remove(socket)
	listener, err := net.Listen("unix", socket)
	if err != nil {
		return err
	}
	server := grpc.NewServer()
	api.RegisterDevicePluginServer(server, p)
	go func() { _ = server.Serve(listener) }()
	defer server.Stop()
	if err := p.register(ctx, kubelet, filepath.Base(socket)); err != nil {
		return fmt.Errorf("registering with the kubelet: %w", err)
	}
	log.Printf("registered %d %s", p.count, p.resource)
	for ctx.Err() == nil {
		time.Sleep(poll)
		now, err := os.Stat(kubelet)
		if err != nil || !os.SameFile(before, now) {
			log.Print("the kubelet was restarted")
			return nil
		}
		if _, err := os.Stat(socket); err != nil {
			return nil
		}
	}
	return nil
}

func (p *plugin) register(ctx context.Context, kubelet, endpoint string) error {
	connection, err := grpc.NewClient("unix://"+kubelet, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer connection.Close()
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	_, err = api.NewRegistrationClient(connection).Register(ctx,
		&api.RegisterRequest{Version: api.Version, Endpoint: endpoint, ResourceName: p.resource, Options: &api.DevicePluginOptions{}})
	return err
}

func (p *plugin) id(index int) string { return fmt.Sprintf("%s-gpu-%d", p.node, index) }

func (p *plugin) devices() []*api.Device {
	text, _ := os.ReadFile(p.health)
	unhealthy := map[string]bool{}
	for _, line := range strings.Split(string(text), "\n") {
		if fields := strings.Fields(line); len(fields) == 2 {
			unhealthy[fields[0]] = fields[1] == api.Unhealthy
		}
	}
	devices := make([]*api.Device, p.count)
	for i := range devices {
		devices[i] = &api.Device{ID: p.id(i), Health: api.Healthy}
		if unhealthy[fmt.Sprint(i)] {
			devices[i].Health = api.Unhealthy
		}
	}
	return devices
}

func (p *plugin) ListAndWatch(_ *api.Empty, stream api.DevicePlugin_ListAndWatchServer) error {
	last := ""
	for stream.Context().Err() == nil {
		devices := p.devices()
		if state := fmt.Sprint(devices); state != last {
			if err := stream.Send(&api.ListAndWatchResponse{Devices: devices}); err != nil {
				return err
			}
			last = state
		}
		time.Sleep(poll)
	}
	return nil
}

func (p *plugin) Allocate(_ context.Context, request *api.AllocateRequest) (*api.AllocateResponse, error) {
	response := &api.AllocateResponse{}
	for _, container := range request.ContainerRequests {
		response.ContainerResponses = append(response.ContainerResponses, &api.ContainerAllocateResponse{
			Envs: map[string]string{"NVIDIA_VISIBLE_DEVICES": strings.Join(container.DevicesIds, ",")},
		})
	}
	return response, nil
}

func (p *plugin) GetDevicePluginOptions(context.Context, *api.Empty) (*api.DevicePluginOptions, error) {
	return &api.DevicePluginOptions{}, nil
}
