using k8s.Models;

namespace SimulationManager.Tests.Hosting.Kubernetes;

/// <summary>
/// Counts pods as the autoscaler's controller would that has a CPU metric. Source: Kubernetes' "Horizontal Pod Autoscaling", algorithm details and configurable
/// scaling behavior. Every pod counts from its first second on, although the controller leaves out some that are not ready: no start may look like load all the same.
/// </summary>
internal sealed class AutoscalerModel(V2HorizontalPodAutoscaler scaler, V1PodSpec pod)
{
    private const int SyncSeconds = 15;
    private const double Tolerance = 0.1;

    private readonly V2HorizontalPodAutoscalerSpec _spec = scaler.Spec;
    private readonly List<(int Second, int Pods)> _wanted = [];
    private readonly List<(int Second, int Change)> _changes = [];
    private readonly List<int> _births = [.. Enumerable.Repeat(0, scaler.Spec.MinReplicas!.Value)];

    /// <summary>Pods at each look.</summary>
    /// <param name="seconds">How long.</param>
    /// <param name="millicores">What a pod uses at an age in seconds, and a time.</param>
    /// <param name="counted">Told the number of pods after each look.</param>
    public IReadOnlyList<int> Run(int seconds, Func<int, int, double> millicores, Action<int>? counted = null)
    {
        var counts = new List<int>();
        for (var now = SyncSeconds; now <= seconds; now += SyncSeconds)
        {
            Step(now, _births.Average(birth => millicores(now - birth, now)));
            counts.Add(_births.Count);
            counted?.Invoke(_births.Count);
        }

        return counts;
    }

    private void Step(int now, double mean)
    {
        var ratio = mean / TargetMillicores;
        var wanted = Math.Abs(ratio - 1) <= Tolerance ? _births.Count : (int)Math.Ceiling(_births.Count * ratio);
        _wanted.Add((now, Math.Clamp(wanted, _spec.MinReplicas!.Value, _spec.MaxReplicas)));
        var up = Lately(now, _spec.Behavior.ScaleUp).Min();
        var down = Lately(now, _spec.Behavior.ScaleDown).Max();
        if (up > _births.Count) Change(now, Math.Min(up - _births.Count, Allowed(now, _spec.Behavior.ScaleUp)));
        else if (down < _births.Count) Change(now, -Math.Min(_births.Count - down, Allowed(now, _spec.Behavior.ScaleDown)));
    }

    /// <summary>The controller begins with the number of pods that it finds.</summary>
    private IEnumerable<int> Lately(int now, V2HPAScalingRules rules) =>
        _wanted.Prepend((Second: 0, Pods: _spec.MinReplicas!.Value)).Where(look => look.Second >= now - rules.StabilizationWindowSeconds).Select(look => look.Pods);

    private int Allowed(int now, V2HPAScalingRules rules) => rules.Policies.Max(policy =>
        (policy.Type == "Percent" ? Math.Max(1, _births.Count * policy.Value / 100) : policy.Value)
        - _changes.Where(change => change.Second > now - policy.PeriodSeconds).Sum(change => Math.Abs(change.Change)));

    private void Change(int now, int pods)
    {
        if (pods == 0) return;
        _changes.Add((now, pods));
        if (pods > 0) _births.AddRange(Enumerable.Repeat(now, pods));
        else _births.RemoveRange(_births.Count + pods, -pods);
    }

    private double TargetMillicores => _spec.Metrics.Single().Resource.Target is { AverageUtilization: { } percent }
        ? pod.Containers[0].Resources.Requests["cpu"].ToDouble() * 1000 * percent / 100
        : _spec.Metrics.Single().Resource.Target.AverageValue.ToDouble() * 1000;
}
