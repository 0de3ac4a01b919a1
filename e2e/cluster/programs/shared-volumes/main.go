// Provisions volumes that pods on every node can write: each is a directory in a folder that all nodes share.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/sig-storage-lib-external-provisioner/v13/controller"
)

const name = "capstan.dev/shared-volumes"

type shared struct{ folder string }

func (s shared) Provision(_ context.Context, o controller.ProvisionOptions) (*core.PersistentVolume, controller.ProvisioningState, error) {
	// The volume's name is in the directory's, so that a claim made again under the same name starts empty.
	directory := filepath.Join(s.folder, fmt.Sprintf("%s_%s_%s", o.PVC.Namespace, o.PVC.Name, o.PVName))
	if err := os.MkdirAll(directory, 0o777); err != nil {
		return nil, controller.ProvisioningFinished, err
	}
	// Pods run as any user, and a hostPath volume knows no fsGroup. The umask doesn't apply to chmod.
	if err := os.Chmod(directory, 0o777); err != nil {
		return nil, controller.ProvisioningFinished, err
	}
	kind := core.HostPathDirectory
	return &core.PersistentVolume{
		ObjectMeta: meta.ObjectMeta{Name: o.PVName},
		Spec: core.PersistentVolumeSpec{
			PersistentVolumeReclaimPolicy: *o.StorageClass.ReclaimPolicy,
			AccessModes:                   o.PVC.Spec.AccessModes,
			Capacity:                      core.ResourceList{core.ResourceStorage: o.PVC.Spec.Resources.Requests[core.ResourceStorage]},
			MountOptions:                  o.StorageClass.MountOptions,
			PersistentVolumeSource: core.PersistentVolumeSource{
				HostPath: &core.HostPathVolumeSource{Path: directory, Type: &kind},
			},
		},
	}, controller.ProvisioningFinished, nil
}

func (s shared) Delete(_ context.Context, volume *core.PersistentVolume) error {
	directory := volume.Spec.HostPath.Path
	if filepath.Dir(directory) != s.folder {
		return fmt.Errorf("%s is not in %s: not deleted", directory, s.folder)
	}
	if err := os.RemoveAll(directory); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func main() {
	folder := flag.String("folder", "/shared", "the folder that all nodes share")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	config, err := rest.InClusterConfig()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	controller.NewProvisionController(ctx, kubernetes.NewForConfigOrDie(config), name, shared{*folder},
		controller.LeaderElection(false)).Run(ctx)
}
