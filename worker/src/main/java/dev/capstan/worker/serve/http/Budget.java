package dev.capstan.worker.serve.http;

import dev.capstan.worker.serve.RequestException;
import dev.capstan.worker.serve.RequestException.Kind;
import java.util.concurrent.atomic.AtomicLong;

/** Memory for the bodies of all requests together: each may be small enough, and all of them too much. */
public final class Budget {
    private final long bytes;
    private final AtomicLong taken = new AtomicLong();

    /** @param largest body of a request that must always have room, if it is the only one */
    public static Budget of(long largest) {
        return new Budget(Math.max(largest, Runtime.getRuntime().maxMemory() / 4));
    }

    private Budget(long bytes) {
        this.bytes = bytes;
    }

    /** @throws RequestException BUSY if there is no room for so many more */
    void take(long more) {
        if (taken.addAndGet(more) > bytes) {
            taken.addAndGet(-more);
            throw new RequestException(
                    Kind.BUSY,
                    "the requests that are being read and answered have " + taken.get() + " bytes, " + bytes
                            + " is the most together; try again, or give the replica more memory");
        }
    }

    void giveBack(long less) {
        taken.addAndGet(-less);
    }
}
