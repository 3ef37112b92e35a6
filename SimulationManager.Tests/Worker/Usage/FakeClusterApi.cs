using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace SimulationManager.Tests.Worker.Usage;

/// <summary>
/// The two calls of a cluster's API that a worker makes of its own pod, over TLS with a certificate of the cluster's own authority,
/// for those who have the account's token.
/// </summary>
internal sealed class FakeClusterApi : IAsyncDisposable
{
    private const string Token = "the-accounts-token";
    private readonly WebApplication _app;
    private readonly string _folder;

    private FakeClusterApi(WebApplication app, string folder)
    {
        _app = app;
        _folder = folder;
    }

    /// <summary>What the metrics API says of the pod; null: it does not know it.</summary>
    public (string Cpu, string Memory)? Usage { get; set; } = ("500m", "512Mi");

    /// <summary>What the metrics API answers instead, such as 403.</summary>
    public HttpStatusCode? Refusal { get; set; }

    /// <summary>What a worker in the pod is told by its environment.</summary>
    public Dictionary<string, string?> Settings => new()
    {
        ["Usage:Kubernetes:Server"] = _app.Urls.Single(),
        ["Usage:Kubernetes:TokenFile"] = Path.Combine(_folder, "token"),
        ["Usage:Kubernetes:CertificateFile"] = Path.Combine(_folder, "ca.crt"),
        ["Usage:Kubernetes:Namespace"] = "robot",
        ["Usage:Kubernetes:Pod"] = "worker-0",
    };

    public static async Task<FakeClusterApi> StartAsync()
    {
        var folder = Directory.CreateTempSubdirectory("fake-cluster-").FullName;
        using var authority = Authority();
        await File.WriteAllTextAsync(Path.Combine(folder, "ca.crt"), authority.ExportCertificatePem());
        await File.WriteAllTextAsync(Path.Combine(folder, "token"), Token);
        var certificate = CertificateOf(authority);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("https://127.0.0.1:0").ConfigureKestrel(kestrel => kestrel.ConfigureHttpsDefaults(https => https.ServerCertificate = certificate));
        builder.WebHost.UseKestrelHttpsConfiguration();
        var app = builder.Build();
        var api = new FakeClusterApi(app, folder);
        app.Use(async (context, next) =>
        {
            if (context.Request.Headers.Authorization == $"Bearer {Token}") await next(context);
            else context.Response.StatusCode = StatusCodes.Status401Unauthorized;
        });
        app.MapGet("/api/v1/namespaces/robot/pods/worker-0", () => Results.Json(new
        {
            apiVersion = "v1",
            kind = "Pod",
            metadata = new { name = "worker-0", @namespace = "robot" },
            spec = new { containers = new[] { new { name = "worker", resources = new { limits = new { cpu = "2", memory = "2Gi" } } } } },
        }));
        app.MapGet("/apis/metrics.k8s.io/v1beta1/namespaces/robot/pods/worker-0", api.Metrics);
        await app.StartAsync();
        return api;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private IResult Metrics()
    {
        if (Refusal is { } refusal) return Results.StatusCode((int)refusal);
        if (Usage is not { } usage) return Results.NotFound(new { kind = "Status", status = "Failure", code = 404 });
        return Results.Json(new
        {
            apiVersion = "metrics.k8s.io/v1beta1",
            kind = "PodMetrics",
            metadata = new { name = "worker-0", @namespace = "robot" },
            timestamp = "2026-11-23T06:00:00Z",
            window = "15s",
            containers = new[] { new { name = "worker", usage = new { cpu = usage.Cpu, memory = usage.Memory } } },
        });
    }

    private static X509Certificate2 Authority()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=cluster authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }

    private static X509Certificate2 CertificateOf(X509Certificate2 authority)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=kubernetes", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var signed = request.Create(authority, authority.NotBefore, authority.NotAfter, RandomNumberGenerator.GetBytes(8));
        using var withKey = signed.CopyWithPrivateKey(key);
        // The TLS stack of some platforms does not take keys that live in memory only.
        return X509CertificateLoader.LoadPkcs12(withKey.Export(X509ContentType.Pfx), null);
    }
}
