package dev.capstan.crds.training;

import dev.capstan.crds.JobStatus;

/** What has become of a TrainingJob. Written by the operator alone. */
public class TrainingJobStatus extends JobStatus {}
