using System.Net;
using System.Security.Cryptography.X509Certificates;
using k8s;
using k8s.Autorest;
using k8s.Models;

namespace SimulationManager.Worker.Telemetry.Usage;

/// <summary>
/// What the cluster's metrics API (<c>metrics.k8s.io</c>) says of this worker's own pod, against the limits in the pod's
/// specification. metrics-server measures every 15 s: a new pod is not known there for a while.
/// </summary>
public sealed class KubernetesUsageSource : IUsageSource, IDisposable
{
    private const string Group = "metrics.k8s.io";
    private const string Version = "v1beta1";
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(5);

    /// <summary>How long a pod that the metrics API does not know is taken to be a new one.</summary>
    private static readonly TimeSpan NewFor = TimeSpan.FromMinutes(2);

    private readonly KubernetesUsageOptions _options;
    private readonly ComputeLimits _otherwise;
    private readonly TimeProvider _time;
    private readonly long _started;
    private readonly Kubernetes _cluster;
    private ComputeLimits? _limits;

    /// <param name="options">How the cluster is reached, and which pod this is.</param>
    /// <param name="otherwise">Limits of what the pod's specification does not limit.</param>
    /// <param name="time">For the age of this process.</param>
    public KubernetesUsageSource(KubernetesUsageOptions options, ComputeLimits otherwise, TimeProvider time)
    {
        _options = options;
        _otherwise = otherwise;
        _time = time;
        _started = time.GetTimestamp();
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPemFile(options.CertificateFile);
        _cluster = new Kubernetes(new KubernetesClientConfiguration
        {
            Host = options.Server,
            SslCaCerts = authorities,
            TokenProvider = new k8s.Authentication.TokenFileAuth(options.TokenFile),
            HttpClientTimeout = AnswerWithin,
        });
    }

    public async Task<UsageReading> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            _limits ??= LimitsOf(await _cluster.CoreV1.ReadNamespacedPodAsync(_options.Pod, _options.Namespace, cancellationToken: cancellationToken));
            var metrics = await _cluster.CustomObjects.GetNamespacedCustomObjectAsync<PodMetrics>(
                Group, Version, _options.Namespace, "pods", _options.Pod, cancellationToken);
            return new UsageReading(
                100 * Sum(metrics, "cpu") / _limits.Processors,
                100 * Sum(metrics, "memory") / _limits.MemoryBytes);
        }
        catch (HttpOperationException exception) when (exception.Response.StatusCode == HttpStatusCode.NotFound && _time.GetElapsedTime(_started) < NewFor)
        {
            return default;
        }
        catch (HttpOperationException exception)
        {
            throw new UsageUnknownException($"The cluster's metrics API answered {(int)exception.Response.StatusCode} for pod {_options.Namespace}/{_options.Pod}.", exception);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new UsageUnknownException("The cluster's metrics API cannot be reached; see the worker's log.", exception);
        }
    }

    public void Dispose() => _cluster.Dispose();

    private ComputeLimits LimitsOf(V1Pod pod)
    {
        var limits = pod.Spec.Containers.Select(container => container.Resources?.Limits).ToArray();
        return new ComputeLimits(
            limits.All(limit => limit?.ContainsKey("cpu") == true) ? limits.Sum(limit => limit!["cpu"].ToDouble()) : _otherwise.Processors,
            limits.All(limit => limit?.ContainsKey("memory") == true) ? (long)limits.Sum(limit => limit!["memory"].ToDouble()) : _otherwise.MemoryBytes);
    }

    private static double Sum(PodMetrics metrics, string resource) => metrics.Containers.Sum(container => container.Usage[resource].ToDouble());
}
