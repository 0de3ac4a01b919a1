package dev.capstan.worker.serve.replica;

import com.google.protobuf.DynamicMessage;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.TimeUnit;

/** A client of the protocol by gRPC's own library and protobuf's own messages. */
final class GrpcClient implements AutoCloseable {
    final ManagedChannel channel;
    private final CallOptions options;

    private GrpcClient(ManagedChannel channel, CallOptions options) {
        this.channel = channel;
        this.options = options;
    }

    static GrpcClient of(int port) {
        return new GrpcClient(
                NettyChannelBuilder.forAddress("localhost", port)
                        .usePlaintext()
                        .maxInboundMessageSize(64 << 20)
                        .build(),
                CallOptions.DEFAULT.withDeadlineAfter(60, TimeUnit.SECONDS));
    }

    GrpcClient with(CallOptions other) {
        return new GrpcClient(channel, other);
    }

    /** Calls a method with its request, and gives its response. */
    DynamicMessage call(String method, DynamicMessage.Builder request) {
        return ClientCalls.blockingUnaryCall(channel, method(method), options, request.build());
    }

    DynamicMessage call(String method) {
        return call(method, Messages.of(method + "Request"));
    }

    static MethodDescriptor<DynamicMessage, DynamicMessage> method(String name) {
        return MethodDescriptor.<DynamicMessage, DynamicMessage>newBuilder()
                .setType(MethodType.UNARY)
                .setFullMethodName(
                        name.equals("HealthCheck")
                                ? "grpc.health.v1.Health/Check"
                                : "inference.GRPCInferenceService/" + name)
                .setRequestMarshaller(new Marshaller(name + "Request"))
                .setResponseMarshaller(new Marshaller(name + "Response"))
                .build();
    }

    private record Marshaller(String type) implements MethodDescriptor.Marshaller<DynamicMessage> {
        @Override
        public InputStream stream(DynamicMessage value) {
            return new ByteArrayInputStream(value.toByteArray());
        }

        @Override
        public DynamicMessage parse(InputStream stream) {
            try {
                return DynamicMessage.parseFrom(Messages.type(type), stream);
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }
    }

    @Override
    public void close() {
        channel.shutdownNow();
    }
}
