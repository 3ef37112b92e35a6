using System.Text.RegularExpressions;
using k8s.Models;

namespace SimulationManager.Tests.Hosting.Kubernetes;

/// <summary>Why a pod does not run, in the words of the kubelet or the scheduler.</summary>
internal sealed record Trouble(string Reason, string Message)
{
    /// <summary>From an answer of the form "reason, tab, message".</summary>
    public static Trouble Of(string answer) => answer.Split('\t', 2) is [var reason, var message] ? new(reason, message) : throw new FormatException(answer);
}

/// <summary>Which workloads have pods that cannot start: for what the cluster holds, or since a test wants it.</summary>
internal sealed partial class PodTroubles(ClusterState state, FakeSettings settings)
{
    /// <summary>Why the pods of a workload, or of the jobs whose names begin so, cannot start; null when they run.</summary>
    public Trouble? Of(string name) =>
        state.Objects.Values
            .Where(item => item.Name == name || (item.Kind == "Job" && item.Name.StartsWith($"{name}-", StringComparison.Ordinal)))
            .Select(item => item.Pods).OfType<Pods>().Select(pods => OfImage(pods) ?? OfSecrets(pods)).FirstOrDefault(trouble => trouble is not null)
        ?? OfClaims(name) ?? Wanted(name);

    /// <summary>The image that a workload's pods cannot get.</summary>
    public string? ImageOf(string name) => Of(name) is { } trouble && BackOff().Match(trouble.Message) is { Success: true } match ? match.Groups[1].Value : null;

    private Trouble? OfImage(Pods pods)
    {
        var image = pods.Spec.Containers[0].Image;
        if (settings.Has("FAKE_EMPTY_NODES") && image.Contains("simulationmanager", StringComparison.Ordinal) && !state.Images.Contains(image))
            return Trouble.Of(ToolAnswer.Of("image-not-loaded.txt", ("IMAGE", image), ("NAME", image.Split('/')[^1])));
        return settings.Get("FAKE_NO_IMAGE") is { Length: > 0 } missing && image.Contains(missing, StringComparison.Ordinal) ? Trouble.Of(ToolAnswer.Of("image-pull.txt", ("IMAGE", image))) : null;
    }

    private Trouble? OfSecrets(Pods pods) =>
        pods.Containers.SelectMany(container => container.Env ?? []).Select(variable => variable.ValueFrom?.SecretKeyRef?.Name).OfType<string>().FirstOrDefault(secret => !state.HasSecret(secret)) is { } missing
            ? Trouble.Of(ToolAnswer.Of("secret-missing.txt", ("NAME", missing)))
            : null;

    private Trouble? OfClaims(string set) => state.ClaimsOf(set).Any(claim => claim.Value.Volume.Length == 0) ? new("Unschedulable", ToolAnswer.Of("claim-unbound.txt")) : null;

    private Trouble? Wanted(string name)
    {
        if (settings.Words("FAKE_NO_ROOM").Contains(name)) return new("Unschedulable", ToolAnswer.Of("insufficient-cpu.txt"));
        // VERSION, or VERSION@WORKLOAD
        if (settings.Get("FAKE_CRASHING").Split('@') is [{ Length: > 0 } version, .. var only] && (only is [] || only[0] == name)
            && state.ValuesOf<V1Deployment>().Any(item => item.Metadata.Name == name && item.Spec.Template.Spec.Containers[0].Image.EndsWith($":{version}", StringComparison.Ordinal)))
            return new("CrashLoopBackOff", $"back-off 40s restarting failed container={name}");
        return name == "metrics-server" && settings.Get("FAKE_KUBELETS") == "no-ip-sans" ? new("NotReady", "") : null;
    }

    [GeneratedRegex("Back-off pulling image \"([^\"]*)\"")]
    private static partial Regex BackOff();
}
