package dev.capstan.controllers.drill;

import dev.capstan.crds.JobSpec;
import dev.capstan.crds.Workers;

/** What a drill says beside what every job says. */
public class DrillSpec extends JobSpec {
    private Workers servers;
    private double passMark;

    /** The pods beside the workers. */
    public Workers getServers() {
        return servers;
    }

    public DrillSpec setServers(Workers servers) {
        this.servers = servers;
        return this;
    }

    /** The least score of a result that is accepted. */
    public double getPassMark() {
        return passMark;
    }

    public DrillSpec setPassMark(double passMark) {
        this.passMark = passMark;
        return this;
    }
}
