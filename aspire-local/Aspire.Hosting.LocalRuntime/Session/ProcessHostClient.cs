using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Aspire.Hosting.ProcessHost;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.LocalRuntime;

/// <summary>The AppHost's end of the line to its process host.</summary>
internal sealed partial class ProcessHostClient : IAsyncDisposable
{
    /// <summary>The host itself gives children 4 s and containers 15 s before it is through.</summary>
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(20);

    private readonly Process _host;
    private readonly ILogger _logger;
    private readonly ConcurrentDictionary<int, LaunchedProcess> _children = [];
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SemaphoreSlim _writing = new(1);
    private readonly Task _listening;
    private int _lastId;
    private bool _isEnding;

    private ProcessHostClient(Process host, ILogger logger)
    {
        _host = host;
        _logger = logger;
        _listening = ListenAsync();
    }

    /// <summary>Completes when the process host has ended, for whatever reason.</summary>
    public Task Ended => _listening;

    public int ProcessId => _host.Id;

    /// <exception cref="InvalidOperationException">The process host did not start.</exception>
    public static async Task<ProcessHostClient> StartAsync(string sessionId, string recordPath, ILogger logger, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(Executables.Dotnet, [typeof(Marker).Assembly.Location, sessionId, recordPath, Environment.ProcessId.ToString(CultureInfo.InvariantCulture)])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
            WorkingDirectory = Path.GetDirectoryName(recordPath)!,
            CreateNoWindow = true,
        };
        start.Environment.Remove("DOTNET_STARTUP_HOOKS");
        var host = Process.Start(start) ?? throw new InvalidOperationException("The process host did not start.");
        var client = new ProcessHostClient(host, logger);
        try
        {
            await client._ready.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
            return client;
        }
        catch
        {
            await client.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public async Task<LaunchedProcess> LaunchAsync(LaunchOrder order, Action<OutputLine> onOutput, CancellationToken cancellationToken)
    {
        var child = new LaunchedProcess(Interlocked.Increment(ref _lastId), order.Name, this, onOutput);
        _children[child.Id] = child;
        await SendAsync(new HostCommand { Verb = HostVerb.Launch, Id = child.Id, Launch = order }, cancellationToken).ConfigureAwait(false);
        try
        {
            await child.Started.WaitAsync(cancellationToken).ConfigureAwait(false);
            return child;
        }
        catch (OperationCanceledException)
        {
            await child.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public Task RequestStopAsync(int id, TimeSpan grace, CancellationToken cancellationToken) =>
        SendAsync(new HostCommand { Verb = HostVerb.Stop, Id = id, GraceMilliseconds = (int)grace.TotalMilliseconds }, cancellationToken);

    /// <summary>From now on the host removes this container should the AppHost end without doing so.</summary>
    public async Task<int> AddContainerAsync(ContainerRecord container, CancellationToken cancellationToken)
    {
        var id = Interlocked.Increment(ref _lastId);
        await SendAsync(new HostCommand { Verb = HostVerb.AddContainer, Id = id, Container = container }, cancellationToken).ConfigureAwait(false);
        return id;
    }

    public Task RemoveContainerAsync(int id, CancellationToken cancellationToken) =>
        SendAsync(new HostCommand { Verb = HostVerb.RemoveContainer, Id = id }, cancellationToken);

    /// <summary>Ends the host and with it every child that still runs.</summary>
    public async ValueTask DisposeAsync()
    {
        _isEnding = true;
        try
        {
            _host.StandardInput.Close();
        }
        catch (IOException)
        {
            // It has ended already.
        }

        try
        {
            await _host.WaitForExitAsync().WaitAsync(EndLimit).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            _host.Kill(entireProcessTree: true);
        }

        await _listening.ConfigureAwait(false);
        _host.Dispose();
        _writing.Dispose();
    }

    private async Task SendAsync(HostCommand command, CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            // Never cancelled half-way: half a line would end the session.
            await _host.StandardInput.WriteLineAsync(HostJson.Write(command)).ConfigureAwait(false);
            await _host.StandardInput.FlushAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception gone) when (gone is IOException or ObjectDisposedException or InvalidOperationException)
        {
            throw new InvalidOperationException("The process host has ended, so nothing can be started or stopped any more.", gone);
        }
        finally
        {
            _writing.Release();
        }
    }

    private async Task ListenAsync()
    {
        var errors = _host.StandardError.ReadToEndAsync();
        using var reader = new StreamReader(_host.StandardOutput.BaseStream, Encoding.UTF8);
        var complaint = "";
        try
        {
            while (await reader.ReadLineAsync().ConfigureAwait(false) is { } line)
                Hear(JsonSerializer.Deserialize(line, HostJson.Default.HostEvent)!);
        }
        catch (Exception broken) when (broken is JsonException or IOException)
        {
            // Killed in the middle of a line; what it ran is found by the session record.
            complaint = broken.Message;
            _host.Kill();
        }

        complaint += (await errors.ConfigureAwait(false)).Trim();
        if (!_isEnding)
            LogHostLost(complaint);
        _ready.TrySetException(new InvalidOperationException($"The process host '{typeof(Marker).Assembly.Location}' did not start. {complaint}"));
        foreach (var child in _children.Values)
            child.OnHostLost();
    }

    private void Hear(HostEvent happened)
    {
        if (happened.Kind == HostEventKind.Ready)
            _ready.TrySetResult();
        else if (_children.TryGetValue(happened.Id, out var child))
            child.Hear(happened);
        if (happened.Kind is HostEventKind.Stopped or HostEventKind.Failed)
            _children.TryRemove(happened.Id, out _);
    }

    [LoggerMessage(1, LogLevel.Error, "The process host ended unexpectedly; what it ran is lost. {Complaint}")]
    private partial void LogHostLost(string complaint);
}
