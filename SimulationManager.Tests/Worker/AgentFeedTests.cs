using Orleans;
using Orleans.Core.Internal;
using Orleans.Runtime;
using SimulationManager.Core.Grains;
using SimulationManager.Core.Model;

namespace SimulationManager.Tests.Worker;

/// <summary>What a silo tells of its agents, to a caller that does not get every answer.</summary>
public sealed class AgentFeedTests(OneWorker fixture) : IClassFixture<OneWorker>
{
    private static readonly AgentChoice s_nothing = new(new Dictionary<long, int[]>());

    private readonly Guid _feed = Guid.NewGuid();

    private IAgentFeedGrain Grain { get; } = fixture.Worker.Get<IGrainFactory>().GetGrain<IAgentFeedGrain>(
        SiloKey.Of(IAgentFeedGrain.Name, fixture.Worker.Get<ILocalSiloDetails>().SiloAddress.ToParsableString()));

    [Fact]
    public async Task News_whose_answer_was_lost_come_again_also_from_a_new_activation()
    {
        var scenario = fixture.Scenario;
        var turtle = await scenario.UploadAsync(Scenario.BagFolder("turtlesim_cmd_vel"));
        var id = await scenario.CreateExecutionAsync(
            PatternType.Sequential, Scenario.Part(1, turtle, ["/turtle1/cmd_vel"], agents: 3, repeats: 1, playback: new PlaybackOptions { Rate = 4, Delay = 3 }));
        await fixture.Worker.Execution(id).Start();
        await Grain.Open(_feed, new WatchedExecution(1, id), s_nothing);
        var heard = new List<WatchedMessage>();
        var (taken, isOver) = (0L, false);
        while (!isOver)
        {
            var hasEnded = await fixture.Worker.Execution(id).GetSilos() is null;
            var lost = (await Grain.Next(_feed, taken))!;
            if (taken % 5 == 0) await Grain.AsReference<IGrainManagementExtension>().DeactivateOnIdle();
            var batch = (await Grain.Next(_feed, taken))!;
            Assert.Equal((taken + 1, taken + 1), (lost.Number, batch.Number));
            Assert.Equal(lost.Messages, batch.Messages, SameMessage);
            taken = batch.Number;
            if (batch.Cohorts is [var cohort]) Assert.True(await Grain.Choose(_feed, new AgentChoice(cohort.Agents.ToDictionary(agent => agent.Number, _ => new[] { 0 }))));
            heard.AddRange(batch.Messages);
            isOver = hasEnded && batch.Messages.Count == 0;
        }

        Assert.Equal([113, 113, 113], heard.GroupBy(message => message.Agent).OrderBy(agent => agent.Key).Select(agent => agent.Count()));
        await Grain.Close(_feed);
        await Wait.UntilAsync(async () => !await Grain.Choose(_feed, s_nothing), TimeSpan.FromSeconds(30), "the feed to be closed");
        Assert.Null(await Grain.Next(_feed, taken));
    }

    private static bool SameMessage(WatchedMessage one, WatchedMessage other) =>
        (one.Agent, one.Topic, one.BagTime) == (other.Agent, other.Topic, other.BagTime) && one.Payload.AsSpan().SequenceEqual(other.Payload);
}
