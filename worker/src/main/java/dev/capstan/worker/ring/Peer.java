package dev.capstan.worker.ring;

import java.util.List;
import java.util.stream.IntStream;

/**
 * A worker of the job, seen from another.
 *
 * @param rank its place in the ring, 0 to size - 1
 * @param host DNS name or address
 * @param port where it listens for its peers
 */
public record Peer(int rank, String host, int port) {
    /** All peers, from their {@code host:port} in rank order. */
    public static List<Peer> list(List<String> addresses) {
        return IntStream.range(0, addresses.size())
                .mapToObj(rank -> {
                    var address = addresses.get(rank);
                    int colon = address.lastIndexOf(':');
                    return new Peer(rank, address.substring(0, colon), Integer.parseInt(address.substring(colon + 1)));
                })
                .toList();
    }

    /** As messages name it: {@code rank 2 (mnist-1-worker-2-0.mnist-workers:29400)}. */
    @Override
    public String toString() {
        return "rank " + rank + " (" + host + ":" + port + ")";
    }
}
