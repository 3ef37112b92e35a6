namespace Aspire.Hosting.Dashboard.Data;

internal static class Masking
{
    public const string Mask = "●●●●●●●●";

    /// <summary>The resource with every secret value replaced.</summary>
    public static ResourceView WithoutSecrets(ResourceView resource) => resource with
    {
        Environment = [.. resource.Environment.Select(variable => variable.IsSecret ? variable with { Value = Mask } : variable)],
        Properties = [.. resource.Properties.Select(property => property.IsSecret ? property with { Value = Mask } : property)],
    };
}
