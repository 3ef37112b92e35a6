using System.ComponentModel.DataAnnotations;

namespace SimulationManager.Worker.Telemetry.Usage;

/// <summary>Which source tells how busy a worker is.</summary>
public enum UsageSourceKind
{
    /// <summary>Kubernetes in a pod, the process elsewhere.</summary>
    Auto,

    /// <summary>The cluster's metrics API.</summary>
    Kubernetes,

    /// <summary>The process itself, against the limits of its control group.</summary>
    Process,
}

/// <summary>Settings of usage reports, section <c>Usage</c>.</summary>
public sealed class UsageOptions
{
    public const string Section = "Usage";

    /// <summary>Which source is asked.</summary>
    public UsageSourceKind Source { get; set; }

    /// <summary>Time between two reports, 0.1–10 s: what a worker reported is forgotten after 30 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:00:10")]
    public TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(5);

    public KubernetesUsageOptions Kubernetes { get; set; } = new();

    /// <summary>The source to ask in this environment.</summary>
    public UsageSourceKind EffectiveSource() => Source != UsageSourceKind.Auto
        ? Source
        : Kubernetes.Server.Length > 0 && File.Exists(Kubernetes.TokenFile) ? UsageSourceKind.Kubernetes : UsageSourceKind.Process;
}

/// <summary>How the cluster's API is reached; the defaults are what every pod with a service account finds.</summary>
public sealed class KubernetesUsageOptions
{
    private const string Account = "/var/run/secrets/kubernetes.io/serviceaccount";

    /// <summary>Address of the cluster's API.</summary>
    public string Server { get; set; } = ServerOfPod();

    /// <summary>File with the account's token; read again and again, since the cluster renews it.</summary>
    public string TokenFile { get; set; } = Path.Combine(Account, "token");

    /// <summary>File with the certificates that the API's own is checked against.</summary>
    public string CertificateFile { get; set; } = Path.Combine(Account, "ca.crt");

    public string Namespace { get; set; } = Environment.GetEnvironmentVariable("POD_NAMESPACE") ?? "robot";
    public string Pod { get; set; } = Environment.GetEnvironmentVariable("POD_NAME") ?? Environment.MachineName;

    private static string ServerOfPod()
    {
        var host = Environment.GetEnvironmentVariable("KUBERNETES_SERVICE_HOST");
        if (string.IsNullOrEmpty(host)) return "";
        var port = Environment.GetEnvironmentVariable("KUBERNETES_SERVICE_PORT") ?? "443";
        return $"https://{(host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host)}:{port}";
    }
}
