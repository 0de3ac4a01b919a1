package dev.capstan.e2e;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.parallel.ResourceLock;

/**
 * Marks a test that runs on the real cluster. Its methods may take a {@link Cluster}, shared by all tests, and a
 * {@link Tenant}, a namespace of the method's own that is gone afterwards. Other tests run beside it: see {@link Turn}.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(ClusterExtension.class)
@ResourceLock(providers = Turn.Locks.class)
@interface OnCluster {}
