using SimulationManager.Core.Model;
using SimulationManager.Core.Storage;
using SimulationManager.Replay;

namespace SimulationManager.Worker.Listening;

/// <summary>What a recorder is to record.</summary>
internal sealed record RecorderPlan
{
    public required long ExecutionId { get; init; }
    public required long SimulationId { get; init; }

    /// <summary>Which of the run's endpoints, from 0.</summary>
    public required int Listener { get; init; }

    /// <summary>The endpoint's address without its options.</summary>
    public required string Endpoint { get; init; }

    public required string Silo { get; init; }
}

/// <summary>
/// Writes what a listener hears at one endpoint into files, each of which is stored once it is complete. Whatever goes wrong is told by
/// <see cref="Status"/> and by the rows of the files, and by nothing else: a run does not depend on it.
/// </summary>
internal sealed partial class EndpointRecorder(
    RecorderPlan plan, ITopicListener listener, HeardMessages heard, RecordingQuota quota, RecordingQuota scratch, ScratchFolder folder, RecordingStore store, ListeningOptions options, TimeProvider time, ILogger logger)
{
    /// <summary>Messages that are written before it is looked at the clock again.</summary>
    private const int MessagesPerLook = 256;

    private readonly Lock _ending = new();
    private RecordingSegment? _segment;
    private Task _storing = Task.CompletedTask;
    private Task? _ended;
    private DateTimeOffset? _from;
    private DateTimeOffset? _to;
    private long _openedAt = time.GetTimestamp();
    private long _messages;
    private long _bytes;
    private string? _problem;
    private string? _shortage;

    public ListeningStatus Status
    {
        get
        {
            var status = listener.Status;
            return new ListeningStatus
            {
                Endpoint = plan.Endpoint,
                Connected = status.IsSubscribed && _to is null,
                Since = status.Since,
                Messages = Interlocked.Read(ref _messages),
                Bytes = Interlocked.Read(ref _bytes),
                Missed = heard.Missed,
                Reconnects = status.Reconnects,
                Error = Volatile.Read(ref _problem) ?? status.Error ?? Volatile.Read(ref _shortage),
            };
        }
    }

    /// <summary>Records until <see cref="EndAsync"/>, and stores all of it.</summary>
    /// <param name="giveUp">What cannot be stored at once is given up.</param>
    public async Task RunAsync(CancellationToken giveUp)
    {
        while (await WaitAsync())
        {
            for (var left = MessagesPerLook; left > 0 && heard.TryTake(out var message); left--) Record(message, giveUp);
            if (_segment?.Bytes >= options.SegmentBytes || time.GetElapsedTime(_openedAt) >= options.SegmentInterval) Close(time.GetUtcNow(), giveUp);
        }
        await EndAsync(TimeSpan.Zero);
        Close(_to!.Value, giveUp, isLast: true);
        await _storing;
    }

    /// <summary>Listens for a while more and then no longer. Completes once nothing more is heard.</summary>
    public Task EndAsync(TimeSpan grace)
    {
        lock (_ending) return _ended ??= EndNowAsync();

        async Task EndNowAsync()
        {
            if (grace > TimeSpan.Zero) await Task.Delay(grace, time);
            _to = time.GetUtcNow();
            await listener.DisposeAsync();
        }
    }

    /// <summary>Waits for a message, at most until it is time to close the file.</summary>
    /// <returns>False: no more are to come.</returns>
    private async Task<bool> WaitAsync()
    {
        var left = options.SegmentInterval - time.GetElapsedTime(_openedAt);
        if (left <= TimeSpan.Zero) return true;
        using var enough = new CancellationTokenSource(left, time);
        try
        {
            return await heard.WaitAsync(enough.Token);
        }
        catch (OperationCanceledException)
        {
            return true;
        }
    }

    private void Record(in HeardMessage message, CancellationToken giveUp)
    {
        if (_problem is not null || !quota.TryTake(RecordingSegment.SizeOf(message)))
        {
            heard.CountMissed(message.Topic);
            Stop($"recording has stopped: the run has stored {options.MaxBytes} bytes (setting {ListeningOptions.Section}:{nameof(options.MaxBytes)} of the worker)");
            return;
        }
        if (!scratch.TryTake(RecordingSegment.SizeOf(message)))
        {
            quota.Take(-RecordingSegment.SizeOf(message));
            heard.CountMissed(message.Topic);
            Volatile.Write(ref _shortage, $"messages are missed: files that wait to be stored take {options.ScratchBytes} bytes (setting {ListeningOptions.Section}:{nameof(options.ScratchBytes)} of the worker)");
            return;
        }
        try
        {
            (_segment ??= Begin()).Write(message);
            Interlocked.Increment(ref _messages);
            Interlocked.Add(ref _bytes, message.Payload.Length);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            LogNotWritten(logger, exception, plan.ExecutionId, plan.Endpoint);
            heard.CountMissed(message.Topic);
            Stop("recording has stopped: a file could not be written (the worker's log says why)");
            Close(time.GetUtcNow(), giveUp);
        }
    }

    private RecordingSegment Begin() => new(folder.PathOf($"execution-{plan.ExecutionId}-{plan.Listener + 1}-{time.GetUtcNow():yyyyMMdd'T'HHmmss'Z'}-{Guid.NewGuid().ToString("N")[..8]}"), new Dictionary<string, string>
    {
        ["endpoint"] = plan.Endpoint,
        ["simulationId"] = $"{plan.SimulationId}",
        ["executionId"] = $"{plan.ExecutionId}",
        ["silo"] = plan.Silo,
        ["startedAt"] = time.GetUtcNow().ToString("O"),
    });

    private void Stop(string problem)
    {
        if (Interlocked.CompareExchange(ref _problem, problem, null) is null) _ = EndAsync(TimeSpan.Zero);
    }

    /// <summary>Closes the file, if there is one, and lets it be stored while the next one is recorded.</summary>
    private void Close(DateTimeOffset now, CancellationToken giveUp, bool isLast = false)
    {
        _openedAt = time.GetTimestamp();
        var bytes = _segment?.Bytes ?? 0;
        var (path, topics, failed) = Complete();
        if (path is null) scratch.Take(-bytes);
        foreach (var topic in heard.Topics)
        {
            if (topic.TakeMissed() is > 0 and var missed)
                topics[topic] = (topics.GetValueOrDefault(topic) ?? new RecordedTopic { Topic = topic.Name, Type = topic.Type, Encoding = topic.Encoding, Messages = 0, Bytes = 0 }) with { Missed = missed };
        }
        var elsewhere = heard.TakeMissedElsewhere();
        var status = listener.Status;
        _from ??= status.Since;
        ListeningGap[] gaps = [.. listener.TakeGaps(now).Select(gap => new ListeningGap(gap.From, gap.To, gap.Reason))];
        // Where nothing has happened the next row tells of this time, too.
        if (!isLast && topics.Count == 0 && elsewhere == 0 && gaps.Length == 0) return;
        var recording = new ExecutionRecording
        {
            ExecutionId = plan.ExecutionId,
            Listener = plan.Listener,
            Endpoint = plan.Endpoint,
            Silo = plan.Silo,
            From = _from ?? now,
            To = now,
            FileName = path is null ? null : Path.GetFileName(path),
            Size = path is null ? 0 : new FileInfo(path).Length,
            Topics = [.. topics.Values],
            MissedElsewhere = elsewhere,
            Gaps = [.. gaps],
            Error = failed ?? Volatile.Read(ref _problem) ?? status.Error ?? Interlocked.Exchange(ref _shortage, null),
        };
        _from = now;
        _storing = StoreAsync(_storing, recording, path, bytes, giveUp);
    }

    private (string? Path, Dictionary<HeardTopic, RecordedTopic> Topics, string? Problem) Complete()
    {
        if (_segment is not { } segment) return (null, [], null);
        _segment = null;
        var topics = segment.Topics().ToDictionary(entry => entry.Topic, entry => entry.Recorded);
        try
        {
            var path = segment.Complete();
            // What is stored is less, once it is compressed.
            quota.Take(new FileInfo(path).Length - segment.Bytes);
            return (path, topics, null);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            LogNotWritten(logger, exception, plan.ExecutionId, plan.Endpoint);
            foreach (var (topic, recorded) in topics) heard.CountMissed(topic, recorded.Messages);
            return (null, [], "a file could not be written (the worker's log says why)");
        }
        finally
        {
            segment.Dispose();
        }
    }

    private async Task StoreAsync(Task before, ExecutionRecording recording, string? path, long bytes, CancellationToken giveUp)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        await store.SaveAsync(recording, path, giveUp);
        if (path is null) return;
        Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
        scratch.Take(-bytes);
    }

    [LoggerMessage(483, LogLevel.Warning, "What execution {Execution} hears at {Endpoint} could not be written")]
    private static partial void LogNotWritten(ILogger logger, Exception exception, long execution, string endpoint);
}
