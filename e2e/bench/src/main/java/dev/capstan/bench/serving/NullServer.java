package dev.capstan.bench.serving;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Arrays;

/**
 * Answers every request with the same ten numbers and computes nothing: what the clients get from it is the most that
 * they can ask. Its arguments are its port, how many bytes a request has, and the numbers.
 */
final class NullServer {
    private NullServer() {}

    public static void main(String[] arguments) throws IOException {
        int length = Integer.parseInt(arguments[1]);
        var numbers = Arrays.stream(arguments).skip(2).map(Float::valueOf).toList();
        var tensor = ByteBuffer.allocate(numbers.size() * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        numbers.forEach(tensor::putFloat);
        var json =
                "{\"outputs\":[{\"name\":\"output\",\"parameters\":{\"binary_data_size\":" + tensor.capacity() + "}}]}";
        var head = "HTTP/1.1 200 OK\r\nInference-Header-Content-Length: " + json.length() + "\r\nContent-Length: "
                + (json.length() + tensor.capacity()) + "\r\n\r\n" + json;
        var answer = ByteBuffer.allocateDirect(head.length() + tensor.capacity())
                .put(head.getBytes(ISO_8859_1))
                .put(tensor.flip());
        serve(Integer.parseInt(arguments[0]), length, answer);
    }

    private static void serve(int port, int length, ByteBuffer answer) throws IOException {
        var in = ByteBuffer.allocateDirect(1 << 16);
        try (var selector = Selector.open();
                var listening = ServerSocketChannel.open().bind(new InetSocketAddress("127.0.0.1", port))) {
            listening.configureBlocking(false).register(selector, SelectionKey.OP_ACCEPT);
            while (true) {
                selector.select();
                for (var key : selector.selectedKeys()) {
                    if (key.isAcceptable()) {
                        var accepted = listening.accept();
                        accepted.configureBlocking(false).register(selector, SelectionKey.OP_READ, new int[1]);
                    } else {
                        read(key, in.clear(), length, answer);
                    }
                }
                selector.selectedKeys().clear();
            }
        }
    }

    private static void read(SelectionKey key, ByteBuffer in, int length, ByteBuffer answer) throws IOException {
        var channel = (SocketChannel) key.channel();
        var received = (int[]) key.attachment();
        int count;
        try {
            count = channel.read(in);
        } catch (IOException e) {
            // A client that has enough doesn't wait for its last answer.
            count = -1;
        }
        if (count < 0) {
            channel.close();
            return;
        }
        received[0] += count;
        for (; received[0] >= length; received[0] -= length) {
            channel.write(answer.rewind());
        }
    }
}
