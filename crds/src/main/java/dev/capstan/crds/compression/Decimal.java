package dev.capstan.crds.compression;

import java.util.Optional;

/** Decimals that are written as strings, so that they stay as they were written. */
final class Decimal {
    static final int MAX_LENGTH = 16;
    /** CEL: from 0 to 1. */
    static final String SHARE_RULE = "self.matches('^(0([.][0-9]{1,9})?|1([.]0{1,9})?)$')";

    static final String SHARE_MESSAGE = "must be a decimal from 0 to 1, such as \"0.01\" for one point";
    /** CEL: 1 or more. */
    static final String FACTOR_RULE = "self.matches('^[1-9][0-9]{0,3}([.][0-9]{1,9})?$')";

    static final String FACTOR_MESSAGE = "must be a decimal of at least 1 and less than 10000, such as \"3.9\"";
    /** CEL: above 0. */
    static final String RATIO_RULE = "self.matches('^[0-9]{1,2}([.][0-9]{1,9})?$') && self.matches('[1-9]')";

    static final String RATIO_MESSAGE = "must be a decimal above 0 and less than 100, such as \"0.5\" for half";

    private Decimal() {}

    /** The number; empty if there is no text. */
    static Optional<Double> of(String text) {
        return Optional.ofNullable(text).map(Double::valueOf);
    }
}
