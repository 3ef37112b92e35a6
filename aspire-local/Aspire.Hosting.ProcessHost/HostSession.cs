using System.Collections.Concurrent;
using System.ComponentModel;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;

namespace Aspire.Hosting.ProcessHost;

/// <summary>Serves one AppHost: starts and stops children as told, and ends all of them when the AppHost is gone.</summary>
internal sealed class HostSession : IDisposable
{
    private static readonly TimeSpan LastGrace = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan ReapInterval = TimeSpan.FromSeconds(2);

    private readonly string _sessionId;
    private readonly string _recordPath;
    private readonly TimeProvider _clock;
    private readonly ProcessIdentity _appHost;
    private readonly ConcurrentDictionary<int, (Child Child, Task Watching)> _children = [];
    private readonly ConcurrentDictionary<int, ContainerRecord> _containers = [];
    private readonly Channel<HostEvent> _events = Channel.CreateBounded<HostEvent>(new BoundedChannelOptions(4096) { SingleReader = true });
    private readonly Lock _recordLock = new();
    private readonly ITimer _reaper;
    private HashSet<ProcessIdentity> _zombies = [];
    private bool _leftServices;

    public HostSession(string sessionId, string recordPath, int appHostPid, TimeProvider clock)
    {
        _sessionId = sessionId;
        _recordPath = recordPath;
        _clock = clock;
        _appHost = ProcessTable.Identify(appHostPid);
        _reaper = clock.CreateTimer(_ => ReapOrphans(), null, ReapInterval, ReapInterval);
    }

    public async Task RunAsync(Stream input, Stream output, CancellationToken stopping)
    {
        var writer = WriteEventsAsync(output);
        SaveRecord();
        await _events.Writer.WriteAsync(new HostEvent { Kind = HostEventKind.Ready, ProcessId = Environment.ProcessId }, stopping).ConfigureAwait(false);
        // Reading a pipe cannot be cancelled, so a request to end must not wait for it.
        await Task.WhenAny(ReadCommandsAsync(input), Task.Delay(Timeout.Infinite, stopping)).ConfigureAwait(false);
        await EndEverythingAsync().ConfigureAwait(false);
        _events.Writer.Complete();
        await writer.ConfigureAwait(false);
        File.Delete(_recordPath);
    }

    public void Dispose() => _reaper.Dispose();

    private async Task ReadCommandsAsync(Stream input)
    {
        using var reader = new StreamReader(input, Encoding.UTF8);
        try
        {
            while (await reader.ReadLineAsync().ConfigureAwait(false) is { } line)
                await CarryAsync(JsonSerializer.Deserialize(line, HostJson.Default.HostCommand)!).ConfigureAwait(false);
        }
        catch (Exception gone) when (gone is IOException or JsonException)
        {
            // The AppHost died in the middle of a line: the session is over.
        }
    }

    private async ValueTask CarryAsync(HostCommand command)
    {
        switch (command)
        {
            case { Verb: HostVerb.Launch, Launch: { } order }:
                await LaunchAsync(command.Id, order).ConfigureAwait(false);
                break;
            case { Verb: HostVerb.Stop }:
                _ = StopAsync(command.Id, TimeSpan.FromMilliseconds(command.GraceMilliseconds));
                break;
            case { Verb: HostVerb.AddContainer, Container: { } container }:
                _containers[command.Id] = container;
                SaveRecord();
                break;
            case { Verb: HostVerb.RemoveContainer }:
                _containers.TryRemove(command.Id, out _);
                SaveRecord();
                break;
        }
    }

    private async ValueTask LaunchAsync(int id, LaunchOrder order)
    {
        Child child;
        try
        {
            child = Child.Start(order, _sessionId, id, _clock);
        }
        catch (Exception refused) when (refused is Win32Exception or InvalidOperationException or IOException or ArgumentException or PlatformNotSupportedException)
        {
            await TellAsync(new HostEvent { Kind = HostEventKind.Failed, Id = id, Text = refused.Message }).ConfigureAwait(false);
            return;
        }

        _leftServices |= order.LeavesServices;
        await TellAsync(new HostEvent { Kind = HostEventKind.Started, Id = id, ProcessId = child.Identity.Pid }).ConfigureAwait(false);
        _children[id] = (child, WatchAsync(id, child, order.StandardInput));
        SaveRecord();
    }

    private async Task WatchAsync(int id, Child child, string? input)
    {
        var exitCode = await child.RunAsync(input, (isError, text) =>
            TellAsync(new HostEvent { Kind = HostEventKind.Line, Id = id, IsError = isError, Text = text, Time = _clock.GetUtcNow() })).ConfigureAwait(false);
        await TellAsync(new HostEvent { Kind = HostEventKind.Exited, Id = id, ExitCode = exitCode }).ConfigureAwait(false);
    }

    private async Task StopAsync(int id, TimeSpan grace)
    {
        string? trouble = null;
        try
        {
            if (_children.TryGetValue(id, out var running))
            {
                await running.Child.EndAsync(grace).ConfigureAwait(false);

                // The AppHost forgets the child at Stopped, so Exited has to come first.
                await running.Watching.ConfigureAwait(false);
            }

            _children.TryRemove(id, out _);
            SaveRecord();
        }
        catch (Exception failed)
        {
            // Nobody awaits this: the AppHost must hear of it, or it would wait for ever.
            trouble = failed.ToString();
        }

        await TellAsync(new HostEvent { Kind = HostEventKind.Stopped, Id = id, Text = trouble }).ConfigureAwait(false);
    }

    private async Task EndEverythingAsync()
    {
        var children = _children.Values.Select(running => running.Child.EndAsync(LastGrace));
        var containers = _containers.Values.Where(container => !container.IsPersistent)
            .Select(container => ContainerCleanup.RemoveAsync(container, _sessionId, CancellationToken.None));
        await Task.WhenAll(children.Concat(containers)).ConfigureAwait(false);
        var rest = _leftServices ? [] : ProcessTable.OwnDescendants();
        await TreeTermination.EndAllAsync(rest, Marker.OfSession(_sessionId), TimeSpan.Zero, _clock).ConfigureAwait(false);
    }

    private void SaveRecord()
    {
        lock (_recordLock)
        {
            new SessionRecord
            {
                SessionId = _sessionId,
                BootId = ProcessTable.BootId,
                AppHost = _appHost,
                Host = ProcessTable.Identify(Environment.ProcessId),
                Children = [.. _children.Values.Select(running => running.Child.Identity)],
                Containers = [.. _containers.Values],
            }.Save(_recordPath);
        }
    }

    /// <summary>Waits while the AppHost is slow to listen, so that a chatty child is slowed and not buffered without end.</summary>
    private async ValueTask TellAsync(HostEvent happened)
    {
        while (await _events.Writer.WaitToWriteAsync().ConfigureAwait(false))
        {
            if (_events.Writer.TryWrite(happened))
                return;
        }
    }

    private async Task WriteEventsAsync(Stream output)
    {
        var writer = new StreamWriter(output, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), bufferSize: 16 * 1024);
        var isHeard = true;
        await foreach (var happened in _events.Reader.ReadAllAsync().ConfigureAwait(false))
        {
            try
            {
                if (isHeard)
                    await writer.WriteLineAsync(HostJson.Write(happened)).ConfigureAwait(false);
                if (isHeard && _events.Reader.Count == 0)
                    await writer.FlushAsync().ConfigureAwait(false);
            }
            catch (IOException)
            {
                // The AppHost is gone. Keep draining, or a child that writes would hang instead of ending.
                isHeard = false;
            }
        }
    }

    /// <summary>
    /// .NET takes the exit status of the children that it started within moments, and must be the one to do so. What else is still
    /// a zombie at the next round is an adopted orphan.
    /// </summary>
    private void ReapOrphans()
    {
        if (OperatingSystem.IsWindows())
            return;
        var zombies = ProcessTable.OwnZombies();
        zombies.ExceptWith(_children.Values.Select(running => running.Child.Identity));
        foreach (var orphan in zombies.Where(_zombies.Contains))
            UnixCalls.Reap(orphan.Pid);
        _zombies = zombies;
    }
}
