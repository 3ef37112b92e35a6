using SimulationManager.Hosting.Kubernetes;
using SimulationManager.Hosting.Kubernetes.Manifest;
using SimulationManager.Hosting.Kubernetes.Settings;

namespace SimulationManager.Hosting.Sites;

/// <summary>What the sites mean for the workload whose agents publish there: ways out, Secrets and files.</summary>
internal static class SitesInCluster
{
    /// <summary>The settings with the sites.</summary>
    /// <exception cref="GenerationException">The manifest was written with other sites.</exception>
    public static ClusterSettings With(this ClusterSettings settings, SiteSettings sites, AspireManifest manifest)
    {
        var credentials = sites.Credentials.SelectMany(SiteCredential.Of).ToArray();
        if (credentials.FirstOrDefault(credential => !manifest.Resources.ContainsKey(credential.Parameter)) is { } missing)
            throw new GenerationException($"The manifest has no parameter '{missing.Parameter}' for the site '{missing.Site}': write it with the same {SiteSettings.Section}:{nameof(SiteSettings.Credentials)}.");
        var client = settings.For(SystemSettings.SiteClient);
        var changed = client with
        {
            Egress = sites.Egress,
            Dds = sites.Dds,
            SecretFolders = sites.Certificates.Keys.Order(StringComparer.Ordinal).ToDictionary(SiteCertificate.FolderOf, SiteCertificate.SecretOf),
            Environment = client.Environment.Concat(Files(sites)).ToDictionary(),
        };
        return settings with
        {
            Workloads = new Dictionary<string, WorkloadSettings>(settings.Workloads) { [SystemSettings.SiteClient] = changed },
            GivenParameters = credentials.ToDictionary(credential => credential.Parameter, credential => new GivenParameter(new SecretKey(credential.Secret, credential.Key), credential.Meaning)),
        };
    }

    private static IEnumerable<KeyValuePair<string, string>> Files(SiteSettings sites) =>
        from site in sites.Certificates.OrderBy(site => site.Key, StringComparer.Ordinal)
        from file in site.Value
        select KeyValuePair.Create(SiteCredential.VariableOf(site.Key, SiteCertificate.SettingOf(file)), $"{SiteCertificate.FolderOf(site.Key)}/{file}");
}
