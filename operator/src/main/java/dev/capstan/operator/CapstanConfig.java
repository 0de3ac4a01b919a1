package dev.capstan.operator;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** What an installation can set; as environment variables in capitals, {@code CAPSTAN_WORKER_IMAGE}. */
@ConfigMapping(prefix = "capstan")
public interface CapstanConfig {
    /** Namespaces whose jobs are served; all if there are none. Nodes and pods are read in the whole cluster. */
    Optional<Set<String>> watchNamespaces();

    Worker worker();

    Pods pods();

    Scrapers scrapers();

    Progress progress();

    LeaderElection leaderElection();

    /** What holds for all worker pods. */
    interface Worker {
        /** Image of jobs that name none. */
        String image();

        /** Image of jobs that name none and ask for NVIDIA's GPUs; {@link #image} if absent. */
        Optional<String> cudaImage();

        /** PriorityClass of the pods; none if absent. */
        Optional<String> priorityClass();

        Requests requests();

        /** How much a pod may write into its scratch folder, where its job limits no ephemeral storage. */
        @WithDefault("100Gi")
        String scratch();

        /** CIDRs of name servers beside the cluster's own, such as a cache's on each node; worker pods may ask them. */
        Optional<List<String>> nameServers();

        Timeouts timeouts();
    }

    /** How long workers wait for what gets nowhere, in whole seconds. */
    interface Timeouts {
        /** For a peer that gives no sign of life. */
        @WithDefault("30s")
        Duration silence();

        /** For a peer that lives, and doesn't come to what all others wait for; longer than any step takes. */
        @WithDefault("30m")
        Duration late();

        /** For storage that lets a worker's reads or writes hang. */
        @WithDefault("10m")
        Duration storage();

        /** For another pod in the place of one that was lost, by the workers that have kept their state. */
        @WithDefault("5m")
        Duration regroup();
    }

    /** What a worker asks for if its job says nothing about it. */
    interface Requests {
        @WithDefault("500m")
        String cpu();

        @WithDefault("1Gi")
        String memory();
    }

    /** The operator's own pods, which alone may ask workers for their progress. */
    interface Pods {
        /**
         * Their namespace; absent where the operator runs outside of the cluster: then anybody who knows the token may
         * ask.
         */
        Optional<String> namespace();

        /** Their labels, each as {@code key=value}. */
        Optional<Set<String>> labels();
    }

    /** Pods that may read metrics of replicas and routers, such as Prometheus'; none if absent. */
    interface Scrapers {
        Optional<String> namespace();

        /** Their labels, each as {@code key=value}; all pods of the namespace if absent. */
        Optional<Set<String>> labels();
    }

    interface Progress {
        /** How often each running job is asked for its progress, and its status written at most. */
        @WithDefault("10s")
        Duration interval();
    }

    /** One replica works at a time. */
    interface LeaderElection {
        /** Without it, this process works at once: for a single process beside a developer's cluster. */
        @WithDefault("true")
        boolean enabled();

        /** Name of the Lease. */
        @WithDefault("capstan-operator")
        String lease();

        /** Namespace of the Lease; the pod's own if absent. */
        Optional<String> namespace();

        /** This replica's name; the host's if absent, which in a pod is the pod's. */
        Optional<String> identity();

        /** After this time without a renewal, another replica takes over. */
        @WithDefault("9s")
        Duration leaseDuration();

        /** After this time without a renewal, the leader stops working. */
        @WithDefault("6s")
        Duration renewDeadline();

        @WithDefault("1s")
        Duration retryPeriod();
    }
}
