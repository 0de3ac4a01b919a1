package dev.capstan.controllers.drill;

import dev.capstan.crds.CapstanJob;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Version;

/**
 * A kind that only tests have: the measure of whether there is room for another. Its jobs have servers beside their
 * workers, no data, and a mark that their result has to reach.
 */
@Group("test.capstan.dev")
@Version("v1")
public class Drill extends CapstanJob<DrillSpec, DrillStatus> {}
