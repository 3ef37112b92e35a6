namespace SimulationManager.Tests.Hosting.Kubernetes;

/// <summary>All cross-object checks by name.</summary>
internal static class Checks
{
    public static readonly IReadOnlyDictionary<string, Func<ClusterObjects, IEnumerable<string>>> All = new Dictionary<string, Func<ClusterObjects, IEnumerable<string>>>
    {
        [nameof(PodChecks.Restricted)] = PodChecks.Restricted,
        [nameof(PodChecks.Sized)] = PodChecks.Sized,
        [nameof(PodChecks.PinnedImages)] = PodChecks.PinnedImages,
        [nameof(PodChecks.Probed)] = PodChecks.Probed,
        [nameof(PodChecks.Stoppable)] = PodChecks.Stoppable,
        [nameof(PodChecks.Mounted)] = PodChecks.Mounted,
        [nameof(ReferenceChecks.ServicesSelectPods)] = ReferenceChecks.ServicesSelectPods,
        [nameof(ReferenceChecks.SelectorsMatchTheirPods)] = ReferenceChecks.SelectorsMatchTheirPods,
        [nameof(ReferenceChecks.ClaimsHaveVolumes)] = ReferenceChecks.ClaimsHaveVolumes,
        [nameof(ReferenceChecks.EnvironmentResolves)] = ReferenceChecks.EnvironmentResolves,
        [nameof(ReferenceChecks.AddressesAreServices)] = ReferenceChecks.AddressesAreServices,
        [nameof(ReferenceChecks.AutoscalersHaveTargets)] = ReferenceChecks.AutoscalersHaveTargets,
        [nameof(ReferenceChecks.IngressesHaveBackends)] = ReferenceChecks.IngressesHaveBackends,
        [nameof(ReferenceChecks.RightsAreBound)] = ReferenceChecks.RightsAreBound,
        [nameof(SecrecyChecks.NoPlainSecret)] = SecrecyChecks.NoPlainSecret,
        [nameof(SecrecyChecks.NothingUnresolved)] = SecrecyChecks.NothingUnresolved,
        [nameof(LabelChecks.Labelled)] = LabelChecks.Labelled,
    };
}
