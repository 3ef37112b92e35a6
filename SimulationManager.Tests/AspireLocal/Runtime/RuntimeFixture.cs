using System.Collections.Concurrent;
using Aspire.Hosting.LocalRuntime;
using Microsoft.Extensions.Logging.Abstractions;

namespace SimulationManager.Tests.AspireLocal.Runtime;

/// <summary>A data root of its own, and sessions on it that are ended with the test.</summary>
public sealed class RuntimeFixture : IAsyncDisposable
{
    public const string Password = "s3cret 'and\" odd\\";

    private readonly List<ILocalRuntimeSession> _sessions = [];

    public RuntimeFixture() => Directory.CreateDirectory(Root);

    public string Root { get; } = Path.Combine(Path.GetTempPath(), "aspire-local-tests", Guid.NewGuid().ToString("N"));

    public ConcurrentQueue<string> Output { get; } = [];
    public ConcurrentQueue<string> Progress { get; } = [];

    internal async Task<HostedRuntimeSession> OpenAsync(string application = "tests")
    {
        var session = await LocalRuntimeSession.CreateAsync(
            new LocalRuntimeOptions { ApplicationName = application, DataRoot = Root }, NullLoggerFactory.Instance, TimeProvider.System, TestContext.Current.CancellationToken);
        _sessions.Add(session);
        return (HostedRuntimeSession)session;
    }

    internal ProcessRequest Shell(string script) => new()
    {
        Name = "shell",
        FileName = "/bin/sh",
        Arguments = ["-c", script],
        WorkingDirectory = Root,
        OnOutput = line => Output.Enqueue(line.Text),
    };

    internal ServerRequest Server(ServerKind kind, string source, string? volume = "data") => new()
    {
        ResourceName = kind.ToString(),
        Kind = kind,
        Image = "",
        UserName = kind == ServerKind.Redis ? "" : "someone",
        Password = Password,
        Ports = [new ServerPort("tcp", 0, LoopbackPorts.FindFree())],
        Mounts = volume is null ? [] : [new ServerMount(true, volume, kind == ServerKind.Postgres ? "/var/lib/postgresql/data" : "/data", false)],
        ForcedSource = source,
        OnOutput = line => Output.Enqueue(line.Text),
        OnProgress = Progress.Enqueue,
    };

    public static Task WaitForAsync(Func<bool> condition, string what, int seconds = 60) => WaitForAsync(() => Task.FromResult(condition()), what, seconds);

    public static async Task WaitForAsync(Func<Task<bool>> condition, string what, int seconds = 60)
    {
        var deadline = DateTime.UtcNow.AddSeconds(seconds);
        while (!await condition())
        {
            Assert.True(DateTime.UtcNow < deadline, $"Not within {seconds} s: {what}");
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var session in _sessions)
            await session.DisposeAsync();
        Directory.Delete(Root, recursive: true);
    }
}
