package dev.capstan.worker.serve;

/**
 * Types of tensors' elements, by the names that the protocol has for them.
 *
 * @see <a href="https://kserve.github.io/website/docs/concepts/architecture/data-plane/v2-protocol">Open Inference
 *     Protocol, Tensor Data Types</a>
 */
public enum DataType {
    BOOL(1),
    UINT8(1),
    UINT16(2),
    UINT32(4),
    UINT64(8),
    INT8(1),
    INT16(2),
    INT32(4),
    INT64(8),
    FP16(2),
    FP32(4),
    FP64(8),
    /** Texts or files: each element has a length of its own. */
    BYTES(0);

    private final int size;

    DataType(int size) {
        this.size = size;
    }

    /** Bytes of an element; 0 if each has a length of its own. */
    public int size() {
        return size;
    }
}
