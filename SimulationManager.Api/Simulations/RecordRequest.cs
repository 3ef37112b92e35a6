using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using SimulationManager.Api.Contract;
using SimulationManager.Core.Model;
using SimulationManager.Replay;

namespace SimulationManager.Api.Simulations;

/// <summary>What the runs of a simulation record of what their own agents put out.</summary>
public sealed record RecordRequest : IChecksItself
{
    [AllowedValues(RecordWords.Fleet, RecordWords.Agent), Description("What each file holds: all agents of a worker (`fleet`, when left out), or one agent (`agent`; for at most 1,000 agents).")]
    public string? Per { get; init; }

    [Length(0, RecordOptions.MaxTopics), Description("Topics by the names that agents play them under, without the agents' names, such as `/odom`; `*` stands for any text within a part, `**` for any text. Empty or left out: all.")]
    public IReadOnlyList<string>? Topics { get; init; }

    internal bool IsPerAgent => Per == RecordWords.Agent;

    /// <summary>As the run keeps it.</summary>
    public RecordOptions ToOptions() => new() { Per = IsPerAgent ? RecordScope.Agent : RecordScope.Fleet, Topics = [.. Topics ?? []] };

    public void Check(string path, ICollection<FieldProblem> problems)
    {
        foreach (var (index, topic) in (Topics ?? []).Index())
        {
            var problem = topic.Length > RecordOptions.MaxTopicLength ? $"is longer than {RecordOptions.MaxTopicLength} characters" : CohortRecording.ProblemOfTopic(topic);
            if (problem is not null) problems.Add(new FieldProblem($"{path}topics[{index}]", Messages.RecordTopicWrong, problem));
        }
        if (Topics?.Distinct(StringComparer.Ordinal).Count() < Topics?.Count) problems.Add(new FieldProblem(path + "topics", Messages.ListenTopicTwice));
    }
}
