package dev.capstan.controllers.admission;

/** Which of all random inputs the properties are tried with. */
final class Seed {
    /** The same in every run, so that what fails fails again. With an empty one each run takes others. */
    static final String SAME = "20250601";

    private Seed() {}
}
