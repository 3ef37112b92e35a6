using System.Net;
using System.Net.Sockets;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.DependencyInjection;
using SimulationManager.Tests.Worker;

namespace SimulationManager.Tests.AspireLocal;

/// <summary>Small graphs of shell programs, really started.</summary>
public sealed class OrchestratorTests : IAsyncDisposable
{
    private const string Forever = "while :; do sleep 0.1; done";
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    private readonly CancellationTokenSource _limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
    private readonly string _folder = Directory.CreateTempSubdirectory("simulationmanager-orchestrator-").FullName;
    private IDistributedApplicationTestingBuilder _builder = DistributedApplicationTestingBuilder.Create();
    private DistributedApplication? _app;

    public OrchestratorTests()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "the programs of these tests are shell scripts");
        _limit.CancelAfter(Limit);
    }

    private CancellationToken Cancellation => _limit.Token;

    private ResourceNotificationService States => _app!.ResourceNotifications;

    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
            await _app.DisposeAsync();
        await _builder.DisposeAsync();
        _limit.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Resource_that_ends_by_itself_tells_its_exit_code_and_last_lines()
    {
        Shell("crash", "echo famous last words; exit 3");
        await StartAsync();

        var ended = await States.WaitForResourceAsync("crash", change => change.Snapshot.ExitCode is not null, Cancellation);

        Assert.Equal(KnownResourceStates.Exited, ended.Snapshot.State!.Text);
        Assert.Equal(3, ended.Snapshot.ExitCode);
        Assert.Contains("famous last words", ended.Snapshot.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WaitForCompletion_lets_a_resource_start_after_the_other_has_succeeded()
    {
        var first = Shell("first", $"sleep 0.3; echo first >> {_folder}/order");
        Shell("second", $"echo second >> {_folder}/order").WaitForCompletion(first);
        await StartAsync();

        await States.WaitForResourceAsync("second", KnownResourceStates.Finished, Cancellation);

        Assert.Equal(["first", "second"], await File.ReadAllLinesAsync(Path.Combine(_folder, "order"), Cancellation));
    }

    [Fact]
    public async Task WaitForCompletion_fails_a_resource_when_the_other_has_failed()
    {
        var first = Shell("first", "exit 4");
        Shell("second", Forever).WaitForCompletion(first);
        await StartAsync();

        var failed = await States.WaitForResourceAsync("second", change => change.Snapshot.State?.Text == KnownResourceStates.FailedToStart, Cancellation);

        Assert.Contains("'first'", failed.Snapshot.Reason, StringComparison.Ordinal);
        Assert.Contains("exit code 4", failed.Snapshot.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Resource_that_cannot_start_does_not_hold_up_one_that_does_not_wait_for_it()
    {
        _builder.AddExecutable("missing", "/no/such/program", ".");
        Shell("other", Forever);
        await StartAsync();

        await States.WaitForResourceHealthyAsync("other", Cancellation);
        var failed = await States.WaitForResourceAsync("missing", change => change.Snapshot.State?.Text == KnownResourceStates.FailedToStart, Cancellation);

        Assert.Contains("/no/such/program", failed.Snapshot.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WaitForResourceHealthy_fails_at_once_when_the_resource_has_failed()
    {
        _builder.AddExecutable("missing", "/no/such/program", ".");
        await StartAsync();

        var error = await Assert.ThrowsAsync<DistributedApplicationException>(
            () => States.WaitForResourceHealthyAsync("missing", WaitBehavior.StopOnResourceUnavailable, Cancellation));

        Assert.Contains("'missing'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Waiting_for_a_resource_that_does_not_exist_names_those_that_do()
    {
        Shell("known", Forever);
        await StartAsync();

        var error = await Assert.ThrowsAsync<DistributedApplicationException>(() => States.WaitForResourceHealthyAsync("unknown", Cancellation));

        Assert.Contains("known", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Resource_with_explicit_start_starts_by_command_and_can_be_stopped_and_restarted()
    {
        Shell("tool", $"echo run >> {_folder}/runs; {Forever}").WithExplicitStart();
        await StartAsync();
        Assert.True(States.TryGetCurrentState("tool", out var before));

        var started = await _app!.ResourceCommands.ExecuteCommandAsync("tool", KnownResourceCommands.StartCommand, Cancellation);
        await States.WaitForResourceHealthyAsync("tool", Cancellation);
        await FileHasLinesAsync("runs", 1);
        await _app.ResourceCommands.ExecuteCommandAsync("tool", KnownResourceCommands.RestartCommand, Cancellation);
        await FileHasLinesAsync("runs", 2);
        await _app.ResourceCommands.ExecuteCommandAsync("tool", KnownResourceCommands.StopCommand, Cancellation);

        Assert.Equal(KnownResourceStates.NotStarted, before.Snapshot.State!.Text);
        Assert.True(started.Success);
        Assert.True(States.TryGetCurrentState("tool", out var after));
        Assert.Contains(after.Snapshot.State!.Text, KnownResourceStates.TerminalStates);
    }

    [Fact]
    public async Task Command_that_does_not_exist_fails_with_its_name()
    {
        Shell("tool", Forever);
        await StartAsync();

        var result = await _app!.ResourceCommands.ExecuteCommandAsync("tool", "dance", Cancellation);

        Assert.False(result.Success);
        Assert.Contains("'dance'", result.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Own_command_is_carried_out_with_the_resource_it_belongs_to()
    {
        Shell("tool", Forever).WithCommand("greet", "Greet", context => Task.FromResult(new ExecuteCommandResult { Success = true, Message = context.ResourceName }));
        await StartAsync();

        var result = await _app!.ResourceCommands.ExecuteCommandAsync("tool", "greet", Cancellation);

        Assert.Equal("tool", result.Message);
    }

    [Fact]
    public async Task Stop_ends_a_resource_before_what_it_depends_on()
    {
        var server = Shell("server", $"trap 'echo server >> {_folder}/ends; exit 0' TERM; echo ready; {Forever}");
        Shell("client", $"trap 'sleep 0.3; echo client >> {_folder}/ends; exit 0' TERM; echo ready; {Forever}").WaitFor(server);
        await StartAsync();
        await States.WaitForResourceHealthyAsync("client", Cancellation);
        await LogHasAsync("server", "ready");
        await LogHasAsync("client", "ready");

        await _app!.StopAsync(Cancellation);

        Assert.Equal(["client", "server"], await File.ReadAllLinesAsync(Path.Combine(_folder, "ends"), Cancellation));
    }

    [Fact]
    public async Task Stop_kills_within_ten_seconds_what_does_not_want_to_end()
    {
        var attempt = 0;
        // Six of the ten seconds are waited.
        await InTime.OnceAsync(TimeSpan.FromSeconds(10), async () =>
        {
            var pid = Path.Combine(_folder, $"pid{++attempt}");
            await using var builder = DistributedApplicationTestingBuilder.Create();
            builder.AddExecutable("stubborn", "/bin/sh", _folder, "-c", $"trap '' TERM INT; echo $$ > {pid}; {Forever}");
            await using var app = await builder.BuildAsync(Cancellation);
            await app.StartAsync(Cancellation);
            await FileHasLinesAsync(pid, 1);
            var processId = (await File.ReadAllTextAsync(pid, Cancellation)).Trim();
            var start = TimeProvider.System.GetTimestamp();

            await app.StopAsync(Cancellation);

            var took = TimeProvider.System.GetElapsedTime(start);
            Assert.False(Directory.Exists($"/proc/{processId}"));
            return took;
        });
    }

    [Fact]
    public async Task Taken_port_fails_the_resource_and_names_port_process_and_setting()
    {
        using var holder = new TcpListener(IPAddress.Loopback, 0);
        holder.Start();
        var port = ((IPEndPoint)holder.LocalEndpoint).Port;
        _builder = DistributedApplicationTestingBuilder.Create("--DcpPublisher:RandomizePorts=false");
        Shell("web", Forever).WithHttpEndpoint(port: port, env: "PORT");
        await StartAsync();

        var failed = await States.WaitForResourceAsync("web", change => change.Snapshot.State?.Text == KnownResourceStates.FailedToStart, Cancellation);

        Assert.Contains($"Port {port}", failed.Snapshot.Reason, StringComparison.Ordinal);
        Assert.Contains($"{Environment.ProcessId}", failed.Snapshot.Reason, StringComparison.Ordinal);
        Assert.Contains("Ports:web", failed.Snapshot.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Fixed_port_becomes_a_free_one_in_a_test()
    {
        Shell("web", $"echo port=$PORT; {Forever}").WithHttpEndpoint(port: 80, env: "PORT");
        await StartAsync();

        var endpoint = _app!.GetEndpoint("web", "http");

        Assert.NotEqual(80, endpoint.Port);
        await LogHasAsync("web", $"port={endpoint.Port}");
    }

    [Fact]
    public async Task Health_check_decides_when_a_waiting_resource_starts()
    {
        var isHealthy = false;
        _builder.Services.AddHealthChecks().AddCheck("custom", () => Volatile.Read(ref isHealthy)
            ? Microsoft.Extensions.Diagnostics.HealthChecks.HealthCheckResult.Healthy()
            : Microsoft.Extensions.Diagnostics.HealthChecks.HealthCheckResult.Unhealthy("not yet"));
        var server = Shell("server", Forever).WithHealthCheck("custom");
        Shell("client", Forever).WaitFor(server);
        await StartAsync();
        await States.WaitForResourceAsync("server", change => change.Snapshot.HealthReports.Any(report => report.Description == "not yet"), Cancellation);
        Assert.True(States.TryGetCurrentState("client", out var waiting));

        Volatile.Write(ref isHealthy, true);
        await States.WaitForResourceHealthyAsync("client", Cancellation);

        Assert.Equal(KnownResourceStates.Waiting, waiting.Snapshot.State!.Text);
    }

    private IResourceBuilder<ExecutableResource> Shell(string name, string script) => _builder.AddExecutable(name, "/bin/sh", _folder, "-c", script);

    private async Task StartAsync()
    {
        _app = await _builder.BuildAsync(Cancellation);
        await _app.StartAsync(Cancellation);
    }

    private async Task LogHasAsync(string resource, string text)
    {
        await foreach (var lines in _app!.Services.GetRequiredService<ResourceLoggerService>().WatchAsync(resource).WithCancellation(Cancellation))
            if (lines.Any(line => line.Content.Contains(text, StringComparison.Ordinal)))
                return;
    }

    private async Task FileHasLinesAsync(string name, int count)
    {
        using var interval = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        var path = Path.Combine(_folder, name);
        while (!File.Exists(path) || File.ReadLines(path).Count() < count)
            await interval.WaitForNextTickAsync(Cancellation);
    }
}
