package dev.capstan.controllers.admission.cluster;

/**
 * One kind of device in the whole cluster, in thousandths; nodes that can't be used for the moment are left out.
 *
 * @param resource such as {@code nvidia.com/gpu}
 * @param offered by all nodes
 * @param free of that, what nobody holds
 * @param freeOnEmptyNodes of that, what is on nodes of whose devices nobody holds any: the rest is fragments, of no use
 *     to a pod that needs a whole node
 */
public record DeviceUse(String resource, long offered, long free, long freeOnEmptyNodes) {}
