using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using SimulationManager.Api.Contract;
using SimulationManager.Core.Model;
using SimulationManager.Replay;

namespace SimulationManager.Api.Simulations;

/// <summary>What the runs of a simulation subscribe to and record.</summary>
public sealed record ListenRequest : IChecksItself
{
    [StringLength(OutputEndpoint.MaxLength, MinimumLength = 1), Description("One address without a prefix, such as `mqtt://host:1883`; left out: those of the site that `mecId` names.")]
    public string? Endpoint { get; init; }

    [Required, Length(1, ListenOptions.MaxTopics), Description("Topics by their whole names. MQTT: filters such as `fleet/+/cmd`. DDS: names of ROS in which `*` stands for text within a part and `**` for any text. rosbridge: exact names, with the type behind a blank where it is known (`/odom nav_msgs/msg/Odometry`).")]
    public IReadOnlyList<string>? Topics { get; init; }

    /// <summary>As the run keeps it.</summary>
    public ListenOptions ToOptions() => new() { Endpoint = Endpoint, Topics = [.. Topics!] };

    public void Check(string path, ICollection<FieldProblem> problems)
    {
        var endpoint = CheckEndpoint(path + "endpoint", problems);
        foreach (var (index, topic) in Topics!.Index())
        {
            var problem = topic.Length > ListenOptions.MaxTopicLength ? $"is longer than {ListenOptions.MaxTopicLength} characters"
                : topic.Length == 0 ? "is empty"
                : endpoint?.ProblemOfSubscription(topic);
            if (problem is not null) problems.Add(new FieldProblem($"{path}topics[{index}]", Messages.ListenTopicWrong, problem));
        }
        if (Topics!.Distinct(StringComparer.Ordinal).Count() < Topics!.Count) problems.Add(new FieldProblem(path + "topics", Messages.ListenTopicTwice));
    }

    private OutputEndpoint? CheckEndpoint(string field, ICollection<FieldProblem> problems)
    {
        if (Endpoint is null) return null;
        var before = problems.Count;
        EndpointCheckers.Check(field, Endpoint, problems, mayNameCredentials: false);
        if (problems.Count > before) return null;
        if (OutputEndpoint.ParseAll([Endpoint]) is not [var endpoint])
        {
            problems.Add(new FieldProblem(field, Messages.ListenOneEndpoint));
            return null;
        }
        if (endpoint.Prefix.Length > 0) problems.Add(new FieldProblem(field, Messages.ListenPrefix, endpoint.Prefix));
        return endpoint;
    }
}
