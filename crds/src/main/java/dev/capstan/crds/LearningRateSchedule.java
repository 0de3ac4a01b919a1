package dev.capstan.crds;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.ValidationRule;

/** How the learning rate changes: at most one of the ways to fall, and a warm-up. */
@ValidationRule(
        value = "[has(self.step), has(self.exponential), has(self.polynomial)].filter(set, set).size() <= 1",
        message = "learningRateSchedule takes at most one of: step, exponential, polynomial")
@ValidationRule(
        value = "has(self.step) || has(self.exponential) || has(self.polynomial) || has(self.warmupSteps)",
        message =
                "learningRateSchedule needs one of step, exponential, polynomial, or warmupSteps: set one, or remove learningRateSchedule")
public class LearningRateSchedule extends Block {
    public static final int DEFAULT_WARMUP_STEPS = 0;

    @JsonPropertyDescription("step multiplies the learning rate by a factor every some epochs.")
    private StepSchedule step;

    @JsonPropertyDescription("exponential multiplies the learning rate by a factor every epoch.")
    private ExponentialSchedule exponential;

    @JsonPropertyDescription(
            "polynomial brings the learning rate to 0 at the end of the last epoch. An empty object takes all of its defaults.")
    private PolynomialSchedule polynomial;

    @JsonPropertyDescription(
            "warmupSteps is the number of steps in which the learning rate rises to its value in a straight line. Default: "
                    + DEFAULT_WARMUP_STEPS + ", no warm-up.")
    @Min(0)
    @Max(1000000000)
    private Integer warmupSteps;

    /** Falls every some epochs, or null. */
    public StepSchedule getStep() {
        return step;
    }

    public LearningRateSchedule setStep(StepSchedule step) {
        this.step = step;
        return this;
    }

    /** Falls every epoch, or null. */
    public ExponentialSchedule getExponential() {
        return exponential;
    }

    public LearningRateSchedule setExponential(ExponentialSchedule exponential) {
        this.exponential = exponential;
        return this;
    }

    /** Falls to 0, or null. */
    public PolynomialSchedule getPolynomial() {
        return polynomial;
    }

    public LearningRateSchedule setPolynomial(PolynomialSchedule polynomial) {
        this.polynomial = polynomial;
        return this;
    }

    /** Steps of rise, or null. */
    public Integer getWarmupSteps() {
        return warmupSteps;
    }

    public LearningRateSchedule setWarmupSteps(Integer warmupSteps) {
        this.warmupSteps = warmupSteps;
        return this;
    }

    /** Steps in which the learning rate rises; 0 for none. */
    public int warmupSteps() {
        return warmupSteps == null ? DEFAULT_WARMUP_STEPS : warmupSteps;
    }
}
