package dev.capstan.crds;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.api.model.Toleration;
import java.util.List;
import java.util.Map;

/**
 * What each pod that does the work is like, whatever their number. Typed on purpose: a tenant can reach no field of a
 * pod that this does not name.
 */
public class WorkerTemplate extends Block {
    public static final int DEFAULT_TERMINATION_GRACE_PERIOD_SECONDS = 60;

    @JsonPropertyDescription(
            "image is the container image of the workers; it must speak the protocol of this operator version. Default: empty, the image that the operator was installed with.")
    @Size(max = 512)
    @ValidationRule(
            value = "self == '' || self.matches('^[a-z0-9][A-Za-z0-9._:/@-]*$')",
            message =
                    "image must be a container image such as registry.example.com/team/worker:1.0, without spaces, or empty for the default of the operator")
    private String image;

    @JsonPropertyDescription(
            "imagePullSecrets names the Secrets, in the same namespace, with which the image is pulled. Default: none.")
    @Size(max = 16)
    private List<LocalReference> imagePullSecrets;

    @JsonPropertyDescription(
            "resources says what each worker gets. The workers of a gang are placed only where the requests of all of them fit.")
    private WorkerResources resources;

    @JsonPropertyDescription("env has variables for the environment of each worker. Default: none.")
    @Size(max = 64)
    private List<EnvironmentVariable> env;

    @JsonPropertyDescription(
            "labels are put on the pods of the workers and on all else that is made for them, beside those of Capstan. Default: none.")
    private Map<String, String> labels;

    @JsonPropertyDescription("annotations are put on the pods of the workers. Default: none.")
    private Map<String, String> annotations;

    @JsonPropertyDescription(
            "nodeSelector restricts the workers to nodes that carry all of these labels. Default: any node.")
    private Map<String, String> nodeSelector;

    @JsonPropertyDescription("tolerations let the workers run on nodes with matching taints. Default: none.")
    private List<Toleration> tolerations;

    @JsonPropertyDescription(
            "terminationGracePeriodSeconds is how long, in seconds, workers that are asked to stop may take to write a checkpoint before they are killed. Default: "
                    + DEFAULT_TERMINATION_GRACE_PERIOD_SECONDS + ".")
    @Min(1)
    @Max(3600)
    private Integer terminationGracePeriodSeconds;

    /** Container image, or null or empty for the default of the operator. */
    public String getImage() {
        return image;
    }

    public WorkerTemplate setImage(String image) {
        this.image = image;
        return this;
    }

    /**
     * Container image.
     *
     * @param installed the image that the operator was installed with
     */
    public String image(String installed) {
        return image == null || image.isEmpty() ? installed : image;
    }

    /** Secrets to pull the image with, or null. */
    public List<LocalReference> getImagePullSecrets() {
        return imagePullSecrets;
    }

    public WorkerTemplate setImagePullSecrets(List<LocalReference> imagePullSecrets) {
        this.imagePullSecrets = imagePullSecrets;
        return this;
    }

    /** Secrets to pull the image with. */
    public List<LocalReference> imagePullSecrets() {
        return imagePullSecrets == null ? List.of() : imagePullSecrets;
    }

    /** What each worker gets, or null. */
    public WorkerResources getResources() {
        return resources;
    }

    public WorkerTemplate setResources(WorkerResources resources) {
        this.resources = resources;
        return this;
    }

    /** What each worker gets. */
    public WorkerResources resources() {
        return resources == null ? new WorkerResources() : resources;
    }

    /** Variables for the environment, or null. */
    public List<EnvironmentVariable> getEnv() {
        return env;
    }

    public WorkerTemplate setEnv(List<EnvironmentVariable> env) {
        this.env = env;
        return this;
    }

    /** Variables for the environment. */
    public List<EnvironmentVariable> env() {
        return env == null ? List.of() : env;
    }

    /** Labels for the pods, or null. */
    public Map<String, String> getLabels() {
        return labels;
    }

    public WorkerTemplate setLabels(Map<String, String> labels) {
        this.labels = labels;
        return this;
    }

    /** Labels for the pods, beside those of Capstan. */
    public Map<String, String> labels() {
        return labels == null ? Map.of() : labels;
    }

    /** Annotations for the pods, or null. */
    public Map<String, String> getAnnotations() {
        return annotations;
    }

    public WorkerTemplate setAnnotations(Map<String, String> annotations) {
        this.annotations = annotations;
        return this;
    }

    /** Annotations for the pods. */
    public Map<String, String> annotations() {
        return annotations == null ? Map.of() : annotations;
    }

    /** Labels that a node must carry, or null. */
    public Map<String, String> getNodeSelector() {
        return nodeSelector;
    }

    public WorkerTemplate setNodeSelector(Map<String, String> nodeSelector) {
        this.nodeSelector = nodeSelector;
        return this;
    }

    /** Labels that a node must carry. */
    public Map<String, String> nodeSelector() {
        return nodeSelector == null ? Map.of() : nodeSelector;
    }

    /** Taints that the workers bear, or null. */
    public List<Toleration> getTolerations() {
        return tolerations;
    }

    public WorkerTemplate setTolerations(List<Toleration> tolerations) {
        this.tolerations = tolerations;
        return this;
    }

    /** Taints that the workers bear. */
    public List<Toleration> tolerations() {
        return tolerations == null ? List.of() : tolerations;
    }

    /** Seconds that a worker may take to stop, or null. */
    public Integer getTerminationGracePeriodSeconds() {
        return terminationGracePeriodSeconds;
    }

    public WorkerTemplate setTerminationGracePeriodSeconds(Integer terminationGracePeriodSeconds) {
        this.terminationGracePeriodSeconds = terminationGracePeriodSeconds;
        return this;
    }

    /** Seconds that a worker may take to stop. */
    public int terminationGracePeriodSeconds() {
        return terminationGracePeriodSeconds == null
                ? DEFAULT_TERMINATION_GRACE_PERIOD_SECONDS
                : terminationGracePeriodSeconds;
    }
}
