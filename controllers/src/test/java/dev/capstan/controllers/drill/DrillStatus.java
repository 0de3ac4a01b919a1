package dev.capstan.controllers.drill;

import dev.capstan.crds.JobStatus;

/** A drill says of its state what every job does. */
public class DrillStatus extends JobStatus {}
