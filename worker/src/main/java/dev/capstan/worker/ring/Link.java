package dev.capstan.worker.ring;

import dev.capstan.protocol.Wire;
import java.nio.channels.Channel;
import javax.crypto.SecretKey;

/**
 * A connection whose other end has proved who it is.
 *
 * @param <C> what is done with it: messages go one way only
 * @param key known to both ends alone; what is sent over the connection is sealed with it
 * @param frames whether it is
 */
record Link<C extends Channel>(C channel, SecretKey key, Wire.Frames frames) {}
