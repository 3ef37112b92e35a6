using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using OpenTelemetry;
using StackExchange.Redis;
using StackExchange.Redis.Profiling;

namespace Aspire.StackExchange.Redis;

/// <summary>
/// Makes a span of every Redis command. The client tells of commands only afterwards, in sessions; there is one session for
/// each activity that sends commands, so that a span finds its parent. Without a listener nothing is recorded.
/// </summary>
internal sealed class RedisCommandTracer : IDisposable
{
    public const string SourceName = "Aspire.StackExchange.Redis";

    private static readonly ActivitySource Source = new(SourceName);
    private static readonly TimeSpan FlushInterval = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<(ActivityTraceId, ActivitySpanId), (Activity Parent, ProfilingSession Session)> _sessions = new();
    private readonly ProfilingSession _withoutParent = new();
    private readonly Lock _flushing = new();
    private readonly ITimer _timer;

    public RedisCommandTracer(TimeProvider clock) => _timer = clock.CreateTimer(_ => Flush(), null, FlushInterval, FlushInterval);

    public void Watch(IConnectionMultiplexer connection) => connection.RegisterProfiler(CurrentSession);

    public void Dispose()
    {
        _timer.Dispose();
        Flush();
    }

    internal void Flush()
    {
        lock (_flushing)
        {
            foreach (var (key, (parent, session)) in _sessions)
            {
                Record(session, parent.Context);
                // A stopped activity sends nothing more; a command that is still under way is lost, as its session is.
                if (parent.IsStopped)
                    _sessions.TryRemove(key, out _);
            }
            Record(_withoutParent, default);
        }
    }

    private ProfilingSession? CurrentSession()
    {
        if (!Source.HasListeners() || Sdk.SuppressInstrumentation)
            return null;
        if (Activity.Current is not { IdFormat: ActivityIdFormat.W3C } parent)
            return _withoutParent;
        return _sessions.GetOrAdd((parent.TraceId, parent.SpanId), static (_, activity) => (activity, new ProfilingSession()), parent).Session;
    }

    private static void Record(ProfilingSession session, ActivityContext parent)
    {
        foreach (var command in session.FinishProfiling())
        {
            using var activity = Source.StartActivity(command.Command, ActivityKind.Client, parent, startTime: command.CommandCreated);
            if (activity is null)
                continue;
            activity.SetTag("db.system.name", "redis");
            activity.SetTag("db.operation.name", command.Command);
            activity.SetTag("db.namespace", command.Db);
            if (command.EndPoint is DnsEndPoint named)
                SetServer(activity, named.Host, named.Port);
            else if (command.EndPoint is IPEndPoint numbered)
                SetServer(activity, numbered.Address.ToString(), numbered.Port);
            if (command.Flags != CommandFlags.None)
                activity.SetTag("db.redis.flags", command.Flags.ToString());
            activity.SetEndTime(command.CommandCreated + command.ElapsedTime);
        }
    }

    private static void SetServer(Activity activity, string host, int port)
    {
        activity.SetTag("server.address", host);
        activity.SetTag("server.port", port);
    }
}
