package dev.capstan.crds;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Size;
import java.util.List;

/** Who is in the gang of an attempt whose workers are replaced one by one, and how far a recovery is. */
public class Membership extends Block {
    @JsonPropertyDescription(
            "settled is the last term in which the workers were seen at work together; as long as it is less than status.term they are about to be.")
    @Min(0)
    @Max(1000000)
    private Integer settled;

    @JsonPropertyDescription("since is when the recovery under way began; absent if none is.")
    private String since;

    @JsonPropertyDescription("sinceStep is the last step that was known to be done when a worker was last lost.")
    @Min(0)
    @Max(Bounds.MAX_SAFE_INTEGER)
    private Long sinceStep;

    @JsonPropertyDescription(
            "replaced has every pod that isn't the first of its number in this attempt, or has taken another rank as a spare.")
    @Size(max = 1024)
    private List<Replacement> replaced;

    @JsonPropertyDescription(
            "givenBack has places of the grant that no pod uses any more, as their nodes are lost; the admission takes them back and grants others.")
    @Size(max = 1024)
    private List<Placement> givenBack;

    @JsonPropertyDescription(
            "sparesAfter is when a spare is made again that the API server didn't take; absent if it takes them.")
    private String sparesAfter;

    /** The last term in which they were at work, or null. */
    public Integer getSettled() {
        return settled;
    }

    public Membership setSettled(Integer settled) {
        this.settled = settled;
        return this;
    }

    /** When the recovery under way began, RFC 3339 with milliseconds, or null. */
    public String getSince() {
        return since;
    }

    public Membership setSince(String since) {
        this.since = since;
        return this;
    }

    /** The step at which a worker was last lost, or null. */
    public Long getSinceStep() {
        return sinceStep;
    }

    public Membership setSinceStep(Long sinceStep) {
        this.sinceStep = sinceStep;
        return this;
    }

    /** Pods that aren't the first of their number in the attempt, or have another rank; or null. */
    public List<Replacement> getReplaced() {
        return replaced;
    }

    public Membership setReplaced(List<Replacement> replaced) {
        this.replaced = replaced;
        return this;
    }

    /** Places that no pod is to use any more, or null. */
    public List<Placement> getGivenBack() {
        return givenBack;
    }

    public Membership setGivenBack(List<Placement> givenBack) {
        this.givenBack = givenBack;
        return this;
    }

    /** When a spare is made again that wasn't taken, RFC 3339 with milliseconds, or null. */
    public String getSparesAfter() {
        return sparesAfter;
    }

    public Membership setSparesAfter(String sparesAfter) {
        this.sparesAfter = sparesAfter;
        return this;
    }
}
