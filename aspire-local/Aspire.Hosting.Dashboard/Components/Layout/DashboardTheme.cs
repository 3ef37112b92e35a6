using MudBlazor;

namespace Aspire.Hosting.Dashboard.Components.Layout;

/// <summary>Colours of both themes; every text colour has a contrast of at least 4.5 to 1 on its background.</summary>
internal static class DashboardTheme
{
    private static readonly string[] SystemFonts = ["system-ui", "Segoe UI", "Noto Sans", "Noto Sans CJK KR", "Malgun Gothic", "sans-serif"];

    public static MudTheme Value { get; } = new()
    {
        PaletteLight = new PaletteLight
        {
            Primary = "#4a3fc5",
            Secondary = "#00695c",
            AppbarBackground = "#2b2657",
            AppbarText = "#ffffff",
            Background = "#f7f7fa",
            Surface = "#ffffff",
            DrawerBackground = "#ffffff",
            TextPrimary = "#1d1c26",
            TextSecondary = "#565466",
            Success = "#1b7a3d",
            Warning = "#9a5b00",
            Error = "#b3261e",
            Info = "#0b63a5",
        },
        PaletteDark = new PaletteDark
        {
            Primary = "#a99cff",
            Secondary = "#5fd0c0",
            AppbarBackground = "#1b1930",
            AppbarText = "#f2f1fa",
            Background = "#14131c",
            Surface = "#1e1d29",
            DrawerBackground = "#191824",
            TextPrimary = "#ecebf5",
            TextSecondary = "#b3b1c4",
            Success = "#6fd08c",
            Warning = "#f0b357",
            Error = "#ff8a80",
            Info = "#7cc4ff",
        },
        Typography = new Typography { Default = new DefaultTypography { FontFamily = SystemFonts, FontSize = "0.86rem" } },
        LayoutProperties = new LayoutProperties { DefaultBorderRadius = "6px", AppbarHeight = "48px" },
    };
}
