using System.Reflection;
using Aspire.Hosting.LocalRuntime;
using Aspire.Hosting.Orchestration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Dashboard;

/// <summary>
/// Runs the dashboard as a process of its own, beside the resources and after they were told to start: it delays nobody,
/// its priority is lower than theirs, and whatever becomes of it, the application goes on.
/// </summary>
internal sealed partial class DashboardHost(
    DashboardPlan plan, LocalRuntimeAccess runtime, ResourceEndpoint resources, IHostEnvironment environment, TimeProvider clock, ILoggerFactory loggers)
    : IHostedLifecycleService, IDisposable
{
    private const string LoginLine = "Login to the dashboard at ";
    private const int MaxRestarts = 3;
    // The dashboard's own exit codes for what another start cannot cure.
    private const int ConfigurationErrorCode = 2;
    private const int PortTakenCode = 3;
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);
    private readonly ILogger _logger = loggers.CreateLogger("Aspire.Hosting.Dashboard");
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource<Uri> _login = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The address with the token, once the dashboard answers there.</summary>
    public Task<Uri> Login => _login.Task;

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        if (plan.Problem is { } problem)
            LogProblem(_logger, problem);
        else if (plan.IsEnabled)
            _ = RunAsync(_stop.Token);
        return Task.CompletedTask;
    }

    public Task StoppingAsync(CancellationToken cancellationToken)
    {
        // Nobody waits for it: the end of the runtime session ends the dashboard's process in any case.
        _ = _stop.CancelAsync();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _stop.Dispose();

    private async Task RunAsync(CancellationToken stopping)
    {
        await Task.Yield();
        try
        {
            var endpoint = await resources.OpenAsync(stopping);
            for (var run = 0; run <= MaxRestarts; run++)
            {
                var exitCode = await RunOnceAsync(endpoint, stopping);
                if (exitCode is 0 or ConfigurationErrorCode or PortTakenCode)
                    break;
                LogEnded(_logger, exitCode);
                await Task.Delay(TimeSpan.FromSeconds(1), clock, stopping);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The application stops.
        }
        catch (Exception exception)
        {
            // The dashboard is a convenience: without it the application runs all the same.
            LogFailed(_logger, exception);
        }
        finally
        {
            await resources.DisposeAsync();
        }
    }

    private async Task<int> RunOnceAsync(Uri endpoint, CancellationToken stopping)
    {
        await using var process = await runtime.Session.LaunchAsync(Request(endpoint), stopping);
        try
        {
            return await process.Exited.WaitAsync(stopping);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            await process.StopAsync(Grace, CancellationToken.None);
            throw;
        }
    }

    private ProcessRequest Request(Uri endpoint)
    {
        var assembly = typeof(DashboardHost).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().First(attribute => attribute.Key == "aspiredashboardpath").Value!;
        if (!File.Exists(assembly))
            throw new DistributedApplicationException($"The dashboard has not been built: there is no '{assembly}'.");
        return new ProcessRequest
        {
            Name = "aspire-dashboard",
            FileName = ProjectOutput.DotnetPath,
            Arguments = [assembly],
            WorkingDirectory = Path.GetDirectoryName(assembly)!,
            OnOutput = OnOutput,
            Environment = new Dictionary<string, string?>
            {
                [DashboardPlan.FrontendUrlKey] = plan.FrontendUrl,
                [DashboardPlan.OtlpGrpcUrlKey] = plan.OtlpGrpcUrl,
                [DashboardPlan.OtlpHttpUrlKey] = plan.OtlpHttpUrl,
                ["ASPIRE_RESOURCE_SERVICE_ENDPOINT_URL"] = endpoint.ToString(),
                ["DASHBOARD__RESOURCESERVICECLIENT__APIKEY"] = resources.ApiKey,
                ["DASHBOARD__FRONTEND__BROWSERTOKEN"] = plan.BrowserToken,
                ["DASHBOARD__BACKGROUND"] = "true",
                ["DASHBOARD__OTLP__AUTHMODE"] = "ApiKey",
                ["DASHBOARD__OTLP__PRIMARYAPIKEY"] = plan.OtlpApiKey,
                ["DASHBOARD__APPLICATIONNAME"] = environment.ApplicationName.Replace(".AppHost", "", StringComparison.Ordinal),
                ["ASPNETCORE_ENVIRONMENT"] = Environments.Production,
                ["DOTNET_ENVIRONMENT"] = Environments.Production,
                ["ASPNETCORE_HTTP_PORTS"] = null,
                ["HTTP_PORTS"] = null,
                ["DOTNET_LAUNCH_PROFILE"] = null,
            },
        };
    }

    private void OnOutput(OutputLine line)
    {
        if (line.Text.StartsWith(LoginLine, StringComparison.Ordinal) && Uri.TryCreate(line.Text[LoginLine.Length..], UriKind.Absolute, out var login))
        {
            LogLogin(_logger, login);
            _login.TrySetResult(login);
        }
        else if (line.IsError)
        {
            LogProblem(_logger, line.Text);
        }
        else
        {
            LogOutput(_logger, line.Text);
        }
    }

    [LoggerMessage(1, LogLevel.Information, "Login to the dashboard at {Url}")]
    private static partial void LogLogin(ILogger logger, Uri url);

    [LoggerMessage(2, LogLevel.Error, "There is no dashboard. {Problem}")]
    private static partial void LogProblem(ILogger logger, string problem);

    [LoggerMessage(3, LogLevel.Warning, "The dashboard ended by itself with exit code {ExitCode}; it is started again.")]
    private static partial void LogEnded(ILogger logger, int exitCode);

    [LoggerMessage(4, LogLevel.Error, "There is no dashboard. The application runs without it.")]
    private static partial void LogFailed(ILogger logger, Exception exception);

    [LoggerMessage(5, LogLevel.Debug, "{Line}")]
    private static partial void LogOutput(ILogger logger, string line);
}
