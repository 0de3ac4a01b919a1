package dev.capstan.worker.route;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.concurrent.TimeUnit;

/** grpc-java, which tries nothing again by itself here, with messages as bytes. */
final class GrpcClient implements AutoCloseable {
    private static final MethodDescriptor.Marshaller<byte[]> BYTES = new MethodDescriptor.Marshaller<>() {
        @Override
        public InputStream stream(byte[] value) {
            return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
            try {
                return stream.readAllBytes();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    };

    private final ManagedChannel channel;

    GrpcClient(int port) {
        this("127.0.0.1", port);
    }

    GrpcClient(String host, int port) {
        channel = NettyChannelBuilder.forAddress(host, port)
                .usePlaintext()
                .disableRetry()
                .build();
    }

    /** Calls a method and waits for its one answer. @throws io.grpc.StatusRuntimeException if there is none */
    byte[] call(String method, byte[] message, long millis) {
        return call(channel, method, message, millis);
    }

    /** The same with a header. */
    byte[] call(String method, byte[] message, long millis, String header, String value) {
        var headers = new Metadata();
        headers.put(Metadata.Key.of(header, Metadata.ASCII_STRING_MARSHALLER), value);
        var with = MetadataUtils.newAttachHeadersInterceptor(headers);
        return call(ClientInterceptors.intercept(channel, with), method, message, millis);
    }

    private static byte[] call(Channel channel, String method, byte[] message, long millis) {
        var descriptor = MethodDescriptor.newBuilder(BYTES, BYTES)
                .setType(MethodType.UNARY)
                .setFullMethodName("inference.GRPCInferenceService/" + method)
                .build();
        return ClientCalls.blockingUnaryCall(
                channel, descriptor, CallOptions.DEFAULT.withDeadlineAfter(millis, TimeUnit.MILLISECONDS), message);
    }

    @Override
    public void close() {
        channel.shutdownNow();
    }
}
