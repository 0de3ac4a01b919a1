/**
 * The router: a reverse proxy for the Open Inference Protocol that keeps no state. It knows which replicas are ready,
 * tries another one where that is safe, and holds requests while there is none.
 */
package dev.capstan.worker.route;
