using System.Diagnostics;
using System.Net.Http.Json;
using System.Reflection;
using System.Text.Json;
using Aspire.Hosting;

namespace SimulationManager.Tests.AspireLocal.Dashboard;

/// <summary>The dashboard as its own process on free ports, as the AppHost starts it, but without an AppHost.</summary>
public sealed class DashboardProcess : IAsyncDisposable
{
    public const string Token = "token-of-the-test";
    public const string ApiKey = "key-of-the-test";
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);
    private readonly Process _process;

    private DashboardProcess(Process process, Uri frontend, Uri otlpGrpc, Uri otlpHttp)
    {
        _process = process;
        (Frontend, OtlpGrpc, OtlpHttp) = (frontend, otlpGrpc, otlpHttp);
        Api = new HttpClient { BaseAddress = frontend };
        Api.DefaultRequestHeaders.Add("x-api-key", Token);
    }

    public static string AssemblyPath => typeof(DistributedApplication).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .First(attribute => attribute.Key == "aspiredashboardpath").Value!;

    public Uri Frontend { get; }
    public Uri OtlpGrpc { get; }
    public Uri OtlpHttp { get; }

    /// <summary>Asks <c>/api/…</c> with the token.</summary>
    public HttpClient Api { get; }

    public bool IsAlive => !_process.HasExited;

    public long WorkingSetBytes
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    public static async Task<DashboardProcess> StartAsync(CancellationToken cancellationToken, params (string Name, string Value)[] settings)
    {
        var process = Launch([
            ("ASPNETCORE_URLS", "http://127.0.0.1:0"), ("ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL", "http://127.0.0.1:0"), ("ASPIRE_DASHBOARD_OTLP_HTTP_ENDPOINT_URL", "http://127.0.0.1:0"),
            ("DASHBOARD__FRONTEND__BROWSERTOKEN", Token), ("DASHBOARD__OTLP__PRIMARYAPIKEY", ApiKey), .. settings]);
        try
        {
            return await WaitForLoginAsync(process, cancellationToken);
        }
        catch
        {
            process.Kill(entireProcessTree: true);
            process.Dispose();
            throw;
        }
    }

    /// <summary>Starts it and waits until it has ended by itself.</summary>
    public static async Task<(int ExitCode, string Errors)> RunToEndAsync(CancellationToken cancellationToken, params (string Name, string Value)[] settings)
    {
        using var process = Launch(settings);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Limit);
        try
        {
            var errors = await process.StandardError.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return (process.ExitCode, errors);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }

    public async Task<JsonElement> GetAsync(string path, CancellationToken cancellationToken) =>
        await Api.GetFromJsonAsync<JsonElement>(path, cancellationToken);

    /// <summary>The items of a data page once there are at least <paramref name="count"/> of them.</summary>
    public async Task<JsonElement[]> WaitForItemsAsync(string path, int count, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Limit);
        while (true)
        {
            var items = (await GetAsync(path, limit.Token)).GetProperty("items").EnumerateArray().ToArray();
            if (items.Length >= count)
                return items;
            await Task.Delay(TimeSpan.FromMilliseconds(50), limit.Token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Api.Dispose();
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private static async Task<DashboardProcess> WaitForLoginAsync(Process process, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Limit);
        Uri? grpc = null, http = null;
        while (await process.StandardOutput.ReadLineAsync(limit.Token) is { } line)
        {
            if (line.StartsWith("OTLP/gRPC on ", StringComparison.Ordinal))
            {
                var parts = line.Split(", OTLP/HTTP on ");
                (grpc, http) = (new Uri(parts[0]["OTLP/gRPC on ".Length..]), new Uri(parts[1]));
            }
            else if (line.StartsWith("Login to the dashboard at ", StringComparison.Ordinal))
            {
                _ = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
                return new DashboardProcess(process, new Uri(new Uri(line["Login to the dashboard at ".Length..]).GetLeftPart(UriPartial.Authority)), grpc!, http!);
            }
        }

        throw new InvalidOperationException($"The dashboard did not start: {await process.StandardError.ReadToEndAsync(limit.Token)}");
    }

    private static Process Launch((string Name, string Value)[] settings)
    {
        var start = new ProcessStartInfo("dotnet", [AssemblyPath]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in settings)
            start.Environment[name] = value;
        return Process.Start(start)!;
    }
}
