using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using SimulationManager.Replay;
using SimulationManager.Tests.Worker;

namespace SimulationManager.Tests.Replay;

/// <summary>The engine on its own threads and the real clock.</summary>
public sealed class LaneTests
{
    [Fact]
    public void Playing_allocates_nothing_per_message()
    {
        using var engine = new HandDrivenEngine(new ReplayOptions { Lanes = 1 });
        var cohort = engine.Begin(HandDrivenEngine.Timeline([.. Enumerable.Range(0, 100_000).Select(index => index * 0.1)]), agents: 10, repeats: 10);
        engine.Advance(1000);
        var outBefore = engine.Engine.MessagesOut;
        var before = GC.GetAllocatedBytesForCurrentThread();

        for (var step = 0; step < 1000; step++)
        {
            engine.Time.AdvanceNanoseconds(1_000_000);
            engine.Engine.RunDue();
        }

        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Equal(100_000, engine.Engine.MessagesOut - outBefore);
        Assert.Equal(0, allocated);
        Assert.False(cohort.Ended.IsCompleted);
    }

    [Fact]
    public async Task Threads_put_messages_out_on_time_in_recorded_order()
    {
        using var engine = new ReplayEngine(new ReplayOptions { Lanes = 2 }, TimeProvider.System);
        var cohort = engine.CreateCohort(HandDrivenEngine.Play(HandDrivenEngine.Timeline([.. Enumerable.Range(0, 101).Select(index => index * 5.0)]), agents: 20));
        var sink = new RecordingSink();
        await using var queue = new SinkQueue(sink, 1024, NullLogger.Instance);
        await cohort.AddSinkAsync(7, queue);

        await cohort.BeginAsync(TimeSpan.FromSeconds(30));
        await cohort.Ended.WaitAsync(TimeSpan.FromSeconds(20));

        await Wait.UntilAsync(() => sink.Messages.Count == 101, TimeSpan.FromSeconds(5), "all messages at the sink");
        var messages = sink.Messages.ToArray();
        Assert.Equal(Enumerable.Range(0, 101), messages.Select(message => message.Index));
        Assert.All(messages, message => Assert.Equal((7L, "/a"), (message.Agent, message.Topic)));
        var first = messages[0];
        Assert.All(messages, message => Assert.Equal(message.Index * 5_000_000L, message.DueAt - first.DueAt));
        Assert.All(messages, message => Assert.True(message.SentAt >= message.DueAt));
    }

    [Fact]
    public async Task Sink_that_never_returns_delays_no_agent_and_its_missed_messages_are_counted()
    {
        using var engine = new ReplayEngine(new ReplayOptions { Lanes = 1 }, TimeProvider.System);
        var cohort = engine.CreateCohort(HandDrivenEngine.Play(HandDrivenEngine.Timeline([.. Enumerable.Range(0, 200).Select(index => (double)index)]), agents: 2));
        var sink = new StuckSink();
        await using var queue = new SinkQueue(sink, 16, NullLogger.Instance);
        await cohort.AddSinkAsync(1, queue);

        await cohort.BeginAsync(TimeSpan.FromSeconds(30));
        await cohort.Ended.WaitAsync(TimeSpan.FromSeconds(20));

        Assert.All((await cohort.SnapshotAsync()).Agents, agent => Assert.Equal((AgentState.Completed, 200L), (agent.State, agent.MessagesOut)));
        // The sink took one batch of at most 16.
        Assert.InRange(queue.Missed, 200 - 16 - 16, 200 - 16);
        Assert.Equal(Enumerable.Repeat(1L, (int)queue.Missed), sink.MissedBy);
    }

    [Fact]
    public async Task A_queue_that_is_completed_hands_over_all_that_waits_in_it()
    {
        using var engine = new HandDrivenEngine(new ReplayOptions { Lanes = 2 });
        var sink = new RecordingSink();
        await using var queue = new SinkQueue(sink, 4096, NullLogger.Instance);
        var cohort = engine.Engine.CreateCohort(HandDrivenEngine.Play(HandDrivenEngine.Timeline([.. Enumerable.Range(0, 1000).Select(index => (double)index)]), agents: 2));
        engine.Run(cohort.AddSinkAsync(1, queue));
        engine.Run(cohort.AddSinkAsync(2, queue));
        engine.Run(cohort.BeginAsync(TimeSpan.FromHours(1)));
        engine.Advance(1000);

        await queue.CompleteAsync();

        Assert.Equal(0, queue.Missed);
        Assert.All([1L, 2L], agent => Assert.Equal(Enumerable.Range(0, 1000), sink.Messages.Where(message => message.Agent == agent).Select(message => message.Index)));
    }

    [Fact]
    public void Feeding_a_sink_allocates_nothing_per_message()
    {
        using var engine = new HandDrivenEngine(new ReplayOptions { Lanes = 1 });
        var queue = new SinkQueue(new RecordingSink(), 64, NullLogger.Instance);
        var cohort = engine.Engine.CreateCohort(HandDrivenEngine.Play(HandDrivenEngine.Timeline([.. Enumerable.Range(0, 10_000).Select(index => index * 0.1)])));
        engine.Run(cohort.AddSinkAsync(1, queue));
        engine.Run(cohort.BeginAsync(TimeSpan.FromHours(1)));
        for (var step = 0; step < 10; step++) engine.Advance(1);
        var before = GC.GetAllocatedBytesForCurrentThread();

        for (var step = 0; step < 50; step++)
        {
            engine.Time.AdvanceNanoseconds(100_000);
            engine.Engine.RunDue();
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public async Task Idle_lanes_use_no_processor_time()
    {
        var options = new ReplayOptions();
        ReplayLane[] lanes = [.. Enumerable.Range(0, 2).Select(number => new ReplayLane(number, new ReplayClock(TimeProvider.System), options, runsItself: true, NullLogger.Instance))];
        try
        {
            var threads = new ConcurrentBag<string>();
            await Task.WhenAll(lanes.Select(lane => lane.Do(_ => threads.Add(Directory.ResolveLinkTarget("/proc/thread-self", returnFinalTarget: false)!.FullName))));
            var before = threads.Sum(ProcessorTime);

            await Task.Delay(TimeSpan.FromMilliseconds(500));

            Assert.InRange(threads.Sum(ProcessorTime) - before, 0, 2);
        }
        finally
        {
            foreach (var lane in lanes) lane.Dispose();
        }
    }

    [Fact]
    public async Task A_lane_that_has_ended_writes_to_no_file_that_was_opened_since_and_cancels_its_work()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "lanes wait on a descriptor on Linux only");
        var lane = new ReplayLane(1, new ReplayClock(TimeProvider.System), new ReplayOptions(), runsItself: true, NullLogger.Instance);
        lane.Dispose();
        // The system gives away the lowest number that is free: one of these has the lane's.
        FileStream[] files = [.. Enumerable.Range(0, 64).Select(_ => new FileStream(Path.GetTempFileName(), new FileStreamOptions { Access = FileAccess.ReadWrite, Mode = FileMode.Open, Options = FileOptions.DeleteOnClose }))];
        try
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => lane.Do(_ => { }));

            Assert.All(files, file => Assert.Equal(0, new FileInfo(file.Name).Length));
        }
        finally
        {
            foreach (var file in files) await file.DisposeAsync();
        }
    }

    [Fact]
    public void A_wait_that_has_ended_is_woken_without_harm()
    {
        var wait = new PortableLaneWait();
        wait.Dispose();

        wait.Wake();
    }

    /// <summary>Processor time of a thread, in kernel ticks (10 ms).</summary>
    private static long ProcessorTime(string thread)
    {
        var fields = File.ReadAllText(Path.Combine(thread, "stat")).Split(' ');
        return long.Parse(fields[13], CultureInfo.InvariantCulture) + long.Parse(fields[14], CultureInfo.InvariantCulture);
    }

    private sealed class StuckSink : IReplaySink
    {
        public ConcurrentQueue<long> MissedBy { get; } = new();

        public async ValueTask AcceptAsync(ReadOnlyMemory<ReplayMessage> messages, CancellationToken cancellationToken) =>
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);

        public void OnMissed(in ReplayMessage message) => MissedBy.Enqueue(message.Agent);
    }
}
