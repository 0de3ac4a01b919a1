package dev.capstan.crds;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;

/** The learning rate falls to 0 by a power of what is left of the training. */
public class PolynomialSchedule extends Block {
    public static final double DEFAULT_POWER = 1.0;

    @JsonPropertyDescription(
            "power is the power of the share of the epochs that is left, by which the learning rate is multiplied; 1 is a straight line. Default: "
                    + DEFAULT_POWER + ".")
    @Min(value = 0, inclusive = false)
    @Max(100)
    private Double power;

    /** Power of the share of the epochs that is left, or null. */
    public Double getPower() {
        return power;
    }

    public PolynomialSchedule setPower(Double power) {
        this.power = power;
        return this;
    }

    /** Power of the share of the epochs that is left. */
    public double power() {
        return power == null ? DEFAULT_POWER : power;
    }
}
