package dev.capstan.worker.ring;

import java.nio.channels.ByteChannel;
import javax.crypto.SecretKey;

/**
 * A connection whose other end has proved who it is.
 *
 * @param key known to both ends alone; what is sent over the connection is sealed with it
 */
record Link(ByteChannel channel, SecretKey key) {}
