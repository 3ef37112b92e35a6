using System.Diagnostics;
using System.Globalization;
using Aspire.Hosting.LocalRuntime;
using Aspire.Hosting.ProcessHost;
using Microsoft.Extensions.Logging.Abstractions;

namespace SimulationManager.Tests.AspireLocal.Runtime;

/// <summary>What is left when processes are killed. The process host is driven as an AppHost does, by its standard input.</summary>
public sealed class SurvivalTests : IAsyncLifetime
{
    private readonly RuntimeFixture _fixture = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Fact]
    public async Task Stop_ends_a_child_that_ignores_requests_and_its_detached_grandchild()
    {
        var session = await _fixture.OpenAsync();
        var launched = await session.LaunchAsync(_fixture.Shell(StubbornScript), Cancel);
        var (child, grandchild) = await ReadPidsAsync();

        var clock = Stopwatch.StartNew();
        await launched.StopAsync(TimeSpan.FromSeconds(1), Cancel);

        Assert.False(IsAlive(child) || IsAlive(grandchild));
        Assert.InRange(clock.Elapsed.TotalSeconds, 1, 25);
        Assert.Equal(137, await launched.Exited);
    }

    [Fact]
    public async Task Dispose_ends_everything_soon()
    {
        var session = await _fixture.OpenAsync();
        for (var count = 0; count < 3; count++)
            await session.LaunchAsync(_fixture.Shell("trap '' TERM; while :; do sleep 1; done"), Cancel);
        var redis = await session.RealiseAsync(_fixture.Server(ServerKind.Redis, "native"), Cancel);

        var clock = Stopwatch.StartNew();
        await session.DisposeAsync();

        // Five seconds are waited; a busy machine adds to the rest.
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 25);
        Assert.False(IsAlive(redis.Launched.ProcessId!.Value));
        Assert.False(File.Exists(Path.Combine(_fixture.Root, "sessions", "tests", "session.json")));
    }

    [Fact]
    public async Task Killed_AppHost_takes_all_children_with_it()
    {
        using var appHost = StartDyingAppHost(out var session);
        var (child, grandchild) = await ReadPidsFromFileAsync();

        appHost.Kill();

        await RuntimeFixture.WaitForAsync(() => !IsAlive(child) && !IsAlive(grandchild), "both children gone");
        await RuntimeFixture.WaitForAsync(() => !File.Exists(session), "the session record gone");
    }

    [Fact]
    public async Task Next_start_ends_what_a_killed_process_host_left()
    {
        var first = await _fixture.OpenAsync();
        var redis = await first.RealiseAsync(_fixture.Server(ServerKind.Redis, "native"), Cancel);
        await first.LaunchAsync(_fixture.Shell(StubbornScript), Cancel);
        var (child, grandchild) = await ReadPidsAsync();
        using (var host = Process.GetProcessById(first.ProcessHostId))
            host.Kill();
        await redis.Launched.Exited;
        Assert.True(IsAlive(child) && IsAlive(redis.Launched.ProcessId!.Value));

        await new LeftoverSweep(NullLogger.Instance, TimeProvider.System).RunAsync(Path.Combine(_fixture.Root, "sessions", "tests", "session.json"), Cancel);

        Assert.False(IsAlive(child) || IsAlive(grandchild) || IsAlive(redis.Launched.ProcessId!.Value));
    }

    [Fact]
    public async Task Next_start_never_ends_a_process_that_only_has_the_number_of_one_of_ours()
    {
        using var innocent = Process.Start("sleep", "60");
        var record = Path.Combine(_fixture.Root, "session.json");
        var identity = ProcessTable.Identify(innocent.Id);
        new SessionRecord { SessionId = "gone", BootId = ProcessTable.BootId, Children = [identity with { StartTime = identity.StartTime - 1 }], Host = identity with { StartTime = 1 } }.Save(record);

        await new LeftoverSweep(NullLogger.Instance, TimeProvider.System).RunAsync(record, Cancel);

        Assert.False(innocent.HasExited);
        innocent.Kill();
    }

    [Fact]
    public async Task Second_AppHost_of_one_name_is_told_who_holds_the_data()
    {
        await _fixture.OpenAsync();

        var refused = await Assert.ThrowsAsync<SessionLockedException>(() => _fixture.OpenAsync());

        Assert.Contains($"process {Environment.ProcessId}", refused.Message, StringComparison.Ordinal);
        Assert.Contains(DataRoot.Setting, refused.Message, StringComparison.Ordinal);
        await _fixture.OpenAsync("another");
    }

    private const string StubbornScript = "trap '' TERM; setsid sh -c \"trap '' TERM; echo grandchild \\$\\$; while :; do sleep 1; done\" & echo child $$; while :; do sleep 1; done";

    /// <summary>A process that owns a process host as an AppHost does: a shell that holds the write end of its standard input.</summary>
    private Process StartDyingAppHost(out string session)
    {
        session = Path.Combine(_fixture.Root, "orphan.json");
        var order = new LaunchOrder
        {
            Name = "stubborn",
            FileName = "/bin/sh",
            Arguments = ["-c", $"({StubbornScript}) > '{_fixture.Root}/pids'"],
            WorkingDirectory = _fixture.Root,
            Environment = new Dictionary<string, string> { ["PATH"] = Environment.GetEnvironmentVariable("PATH")! },
        };
        var command = Path.Combine(_fixture.Root, "command");
        File.WriteAllText(command, HostJson.Write(new HostCommand { Verb = HostVerb.Launch, Id = 1, Launch = order }) + "\n");
        var script = $"exec 3> >(exec '{Executables.Dotnet}' '{typeof(Marker).Assembly.Location}' orphan '{session}' $$ > /dev/null); cat '{command}' >&3; read forever";
        return Process.Start(new ProcessStartInfo("/bin/bash", ["-c", script]) { RedirectStandardInput = true })!;
    }

    private async Task<(int Child, int Grandchild)> ReadPidsAsync()
    {
        await RuntimeFixture.WaitForAsync(() => _fixture.Output.Count(line => line.Contains("child ", StringComparison.Ordinal)) == 2, "both pids");
        return Pids(_fixture.Output);
    }

    private async Task<(int Child, int Grandchild)> ReadPidsFromFileAsync()
    {
        var path = Path.Combine(_fixture.Root, "pids");
        await RuntimeFixture.WaitForAsync(() => File.Exists(path) && File.ReadAllLines(path).Length == 2, "both pids");
        return Pids(File.ReadAllLines(path));
    }

    private static (int Child, int Grandchild) Pids(IEnumerable<string> lines)
    {
        int Pid(string name) => int.Parse(lines.Single(line => line.StartsWith(name, StringComparison.Ordinal)).Split(' ')[1], CultureInfo.InvariantCulture);
        return (Pid("child"), Pid("grandchild"));
    }

    private static bool IsAlive(int pid) => ProcessTable.IsAlive(ProcessTable.Identify(pid));
}
