using System.Text;
using SimulationManager.Api.Viewing.Feeds;
using SimulationManager.Core.Grains;
using SimulationManager.Core.LiveState;
using SimulationManager.Core.Model;
using SimulationManager.RosMessages;

namespace SimulationManager.Tests.Api;

/// <summary>How what silos tell of their agents becomes one picture.</summary>
public class FleetFeedTests
{
    private static readonly FeedTopic s_transforms = FleetFeed.Find("/fleet/transforms")!;

    private readonly FleetFeed _fleet;
    private int _asked;

    public FleetFeedTests() => _fleet = new FleetFeed(() => _asked++);

    [Fact]
    public void Nobody_is_asked_where_agents_are_while_nobody_watches()
    {
        Assert.False(_fleet.NeedsPositions);
        _fleet.Take("silo", PositionsOf("odom", (1, 1)), CatalogOf(1));
        var (first, second) = (Subscription(), Subscription());
        _fleet.Subscribe(s_transforms, first);
        Assert.Null(first.Take(out _));
        _fleet.Subscribe(FleetFeed.Find("/fleet/scene")!, second);
        Assert.Equal((true, 1), (_fleet.NeedsPositions, _asked));
        Assert.True(_fleet.Unsubscribe(first));
        Assert.True(_fleet.Unsubscribe(second));
        Assert.False(_fleet.Unsubscribe(second));
        Assert.Equal((false, 2), (_fleet.NeedsPositions, _asked));
    }

    [Fact]
    public void Two_silos_are_one_message_each_time()
    {
        var watching = Watch();
        _fleet.Take("a", PositionsOf("odom", (1, 1)), CatalogOf(1, 2));
        Assert.Equal([(1, "odom", 1)], Next(watching));
        for (var turn = 1; turn < 5; turn++)
        {
            _fleet.Take("b", PositionsOf("map", (2, turn * 10)), CatalogOf(1, 2));
            Assert.Null(watching.Take(out _));
            _fleet.Take("a", PositionsOf("odom", (1, turn + 1)), CatalogOf(1, 2));
            Assert.Equal([(1, "odom", turn + 1), (2, "map", turn * 10)], Next(watching));
        }
        Assert.Equal(0, watching.TakeMissed());
    }

    [Fact]
    public void Agents_of_a_silo_that_is_lost_stay_until_the_next_one_tells_of_them()
    {
        var watching = Watch();
        _fleet.Take("a", PositionsOf("odom", (1, 1)), CatalogOf(1, 2));
        _fleet.Take("b", PositionsOf("odom", (2, 2)), CatalogOf(1, 2));
        // Nobody plays on b any more, and a waits for it once.
        for (var turn = 3; turn < 6; turn++) _fleet.Take("a", PositionsOf("odom", (1, turn)), CatalogOf(1));
        Assert.Equal([(1, "odom", 5), (2, "odom", 2)], Next(watching));
        _fleet.Take("a", PositionsOf("odom", (1, 6), (2, 7)), CatalogOf(1, 2));
        Assert.Equal([(1, "odom", 6), (2, "odom", 7)], Next(watching));
    }

    [Fact]
    public void Who_comes_later_gets_the_picture_as_it_is()
    {
        Watch();
        _fleet.Take("a", PositionsOf("odom", (1, 1), (2, 2)), CatalogOf(1, 2));
        Assert.Equal([(1, "odom", 1), (2, "odom", 2)], Next(Watch()));
    }

    [Fact]
    public void Agent_that_nobody_has_named_yet_is_left_out()
    {
        var watching = Watch();
        _fleet.Take("a", PositionsOf("odom", (1, 1), (2, 2)), CatalogOf(1));
        Assert.Equal([(1, "odom", 1)], Next(watching));
    }

    /// <summary>An agent whose frame changes is not drawn twice.</summary>
    [Fact]
    public void Frame_that_no_agent_is_in_any_more_is_emptied()
    {
        var scene = FleetFeed.Find("/fleet/scene")!;
        var watching = Subscription();
        _fleet.Subscribe(scene, watching);
        _fleet.Take("a", PositionsOf("odom", (1, 1)), CatalogOf(1));
        _fleet.Take("a", PositionsOf("map", (1, 1)), CatalogOf(1));

        var message = scene.Codec!.Decode(watching.Take(out _)!.Payload);
        Assert.Equal(
            [("odom", "fleet/odom", 0), ("map", "fleet/map", 1)],
            message.Get<RosMessage[]>("entities").Select(entity => (entity.Get<string>("frame_id"), entity.Get<string>("id"), entity.Get<RosMessage[]>("arrows").Length)));
    }

    [Fact]
    public void Table_is_asked_for_only_while_it_is_watched_and_tells_how_each_agent_stands()
    {
        var table = FleetFeed.Find("/fleet/agents")!;
        var catalog = new FeedCatalog([new FeedAgent(1, "robot_1", new FeedAgentTopics([]), Repeats: 4), new FeedAgent(2, "robot_2", new FeedAgentTopics([])), new FeedAgent(3, "robot_3", new FeedAgentTopics([]), Repeats: 1)]);
        var cohort = new LiveCohort { CohortId = 1, Silo = "a", PassStart = 0, PassLength = 1000, Agents = [] };
        var json = FleetTable.Write(catalog, new Dictionary<long, (LiveAgent, LiveCohort)>
        {
            [1] = (new LiveAgent(1, RunStatus.Running, RepeatsDone: 1, Position: 500, MessagesOut: 70, MessagesDropped: 2, LatenessP50: 100, LatenessP99: 900), cohort),
            [2] = (new LiveAgent(2, RunStatus.Running, RepeatsDone: 7, Position: 250, MessagesOut: 80, MessagesDropped: 0, LatenessP50: 1, LatenessP99: 2), cohort),
        });
        _fleet.Take(json, DateTimeOffset.UnixEpoch);
        var watching = Subscription();
        _fleet.Subscribe(table, watching);
        Assert.Equal((true, false, 0), (_fleet.NeedsTable, _fleet.NeedsPositions, _asked));
        Assert.Null(watching.Take(out _));
        _fleet.Take(json, DateTimeOffset.UnixEpoch.AddSeconds(1));

        var message = watching.Take(out _)!;
        Assert.Equal(1_000_000_000, message.DueAt);
        Assert.Equal(
            """{"agents":[{"instanceId":1,"name":"robot_1","status":"RUNNING","progress":37.5,"positionPercent":50,"currentRepeat":1,"messagesOut":70,"messagesDropped":2,"latenessP50":100,"latenessP99":900},"""
            + """{"instanceId":2,"name":"robot_2","status":"RUNNING","positionPercent":25,"currentRepeat":7,"messagesOut":80,"messagesDropped":0,"latenessP50":1,"latenessP99":2}]}""",
            Encoding.UTF8.GetString(message.Payload));
        Assert.True(_fleet.Unsubscribe(watching));
        Assert.False(_fleet.NeedsTable);
    }

    private NewestSubscription Watch()
    {
        var watching = Subscription();
        _fleet.Subscribe(s_transforms, watching);
        return watching;
    }

    private static NewestSubscription Subscription() => new();

    private static (int Agent, string Frame, double X)[] Next(QueuedSubscription watching)
    {
        var message = s_transforms.Codec!.Decode(watching.Take(out _)!.Payload);
        Assert.Null(watching.Take(out _));
        return
        [
            .. message.Get<RosMessage[]>("transforms")
                .Select(transform => (int.Parse(transform.Get<string>("child_frame_id")[6..^10], System.Globalization.CultureInfo.InvariantCulture), transform.Get<string>("parent_frame_id"), transform.Get<RosMessage>("translation").Get<double>("x")))
                .Order(),
        ];
    }

    private static FleetPositions PositionsOf(string frame, params (long Agent, double X)[] agents) =>
        new() { At = 1, Frames = [frame], Agents = [.. agents.Select(agent => new WatchedPosition(agent.Agent, 0, agent.X, 0, 0, 0, 0, 0, 1))] };

    private static FeedCatalog CatalogOf(params long[] agents) => new(agents.Select(agent => new FeedAgent(agent, $"robot_{agent}", new FeedAgentTopics([]))));

    private sealed class NewestSubscription : QueuedSubscription
    {
        public NewestSubscription()
            : base("", _ => { }, TimeProvider.System) => Limit(TimeSpan.Zero, queueLength: 1);
    }
}
