import type { Theme } from 'vitepress'
import { defineAsyncComponent, hydrateOnVisible } from 'vue'
import DefaultTheme from 'vitepress/theme-without-fonts'
import Forget from './components/Forget.vue'
import Home from './components/Home.vue'
import Layout from './Layout.vue'
import './style/tokens.css'
import './style/prose.css'
import './style/frame.css'
import './style/range.css'
import './style/words.css'
import './style/projector.css'
import './style/teaching.css'
import './changes/changes.css'
import './costs/costs.css'
import Exercise from './exercise/Exercise.vue'
import Predict from './predict/Predict.vue'
import { keepText, needed } from './scripted.ts'
import Timeline from './timeline/Timeline.vue'
import WaitingCurve from './waiting/WaitingCurve.vue'
import WalkPanel from './walk/WalkPanel.vue'
import './walk/walk.css'

const theme: Theme = {
  extends: DefaultTheme,
  Layout,
  enhanceApp({ app, router }) {
    if (!import.meta.env.SSR) keepText(router)
    app.component('home', Home)
    app.component('Exercise', Exercise)
    app.component('Forget', Forget)
    app.component(
      'FromThisPage',
      defineAsyncComponent({
        loader: () => needed(import('./page/FromThisPage.vue')),
        hydrate: hydrateOnVisible({ rootMargin: '200px' }),
      }),
    )
    app.component('Lab', defineAsyncComponent(() => needed(import('./lab/Lab.vue'))))
    app.component(
      'LimitCurves',
      defineAsyncComponent({
        loader: () => needed(import('./limits/LimitCurves.vue')),
        hydrate: hydrateOnVisible({ rootMargin: '200px' }),
      }),
    )
    app.component('OwnTrace', defineAsyncComponent(() => needed(import('./lab/OwnTrace.vue'))))
    app.component('Predict', Predict)
    app.component('Timeline', Timeline)
    app.component('WaitingCurve', WaitingCurve)
    app.component('WalkPanel', WalkPanel)
  },
}

export default theme
